import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJobs, type Keeping, tidyLimits } from '../../src/app/jobs.ts';
import { openStore } from '../../src/app/open-store.ts';
import { createCallQueue } from '../../src/core/call-queue.ts';
import type { Store } from '../../src/core/call-store.ts';
import { StoreUnavailableError } from '../../src/core/errors.ts';
import { noPbx } from '../../src/core/pbx.ts';
import { createLogger } from '../../src/logger.ts';
import { NOW, startTestApp, testSettings } from '../support/app.ts';
import { readEvents } from '../support/event-reader.ts';
import { makeCall } from '../support/make-call.ts';
import { tempFolder } from '../support/temp-folder.ts';

const DAY = 86_400;

describe('a lease that runs out', () => {
  it('gives the call back within a second, without anybody asking, and says so', async () => {
    let now = NOW;
    await using app = await startTestApp({ clock: { now: () => now }, calls: [makeCall({ status: 'pending' })] });
    const claim = await app.post({ action: 'claim', data: { agent: 'ana', lease_seconds: 10 } });
    expect(claim.body.results).toMatchObject([{ status: 'inprogress', claimed_by: 'ana' }]);
    const reader = readEvents(await app.fetch('/api/call-queue/events'));
    now += 11;
    const [event] = await reader.take(1);
    expect(JSON.parse(event?.data ?? '')).toMatchObject({ status: 'pending', claimed_by: null });
    const { body } = await app.post({ action: 'history', data: { id: claim.body.results[0]?.id } });
    expect(body.results.at(-1)).toMatchObject({ event: 'lease_expired', actor: 'system' });
    await reader.close();
  });
});

describe('the jobs', () => {
  let store: Store;
  let now = NOW;
  const logLines: string[] = [];
  const clock = { now: () => now };

  beforeEach(async () => {
    now = NOW;
    logLines.length = 0;
    store = await openStore(testSettings(tempFolder()));
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await store.close();
  });

  const jobsOf = (keeping: Keeping, writer: Pick<Store, 'tidy' | 'execute'> = store) => {
    const logger = createLogger({ level: 'trace', destination: { write: (line) => void logLines.push(line) } });
    const queue = createCallQueue({ store: { ...store, ...writer }, clock, pbx: noPbx });
    return createJobs({ queue, writer, clock, keeping, logger });
  };
  const addClosedCall = async () => {
    const session = await store.beginImport();
    await session.add([makeCall({ status: 'completed', createdAt: NOW, updatedAt: NOW })]);
    await session.commit();
  };
  const stored = async () => {
    const filter = {};
    const moment = { now, pbxConnected: false };
    const { calls } = await store.readCalls({ filter, moment, sort: 'id', limit: 10, at: { page: 1 } });
    const { reset } = await store.changes({ filter, moment, since: 0, limit: 10, projectIds: null });
    return { calls: calls.length, reset };
  };

  it('remove what is no longer kept, when it is time, and nothing else', async () => {
    await addClosedCall();
    const jobs = jobsOf({ keepChangesDays: 30, keepClosedCallsDays: 60 });
    // Again and again, as a run that is due while one runs is left out.
    const later = () => {
      vi.advanceTimersByTime(10 * 60_000);
      return stored();
    };
    jobs.start();
    expect(await later()).toEqual({ calls: 1, reset: false });
    now += 31 * DAY;
    await expect.poll(later).toEqual({ calls: 1, reset: true });
    now += 30 * DAY;
    await expect.poll(later).toEqual({ calls: 0, reset: true });
    await jobs.stop();
    expect(logLines.map((line) => JSON.parse(line).msg)).toEqual(['tidied', 'tidied']);
  });

  it('keep everything that no setting limits', () => {
    expect(tidyLimits({ keepChangesDays: 30 }, NOW)).toEqual({
      changesBefore: NOW - 30 * DAY,
      repeatsBefore: NOW,
      doNotCallBefore: NOW - 30 * DAY,
    });
    expect(tidyLimits({ keepChangesDays: 1, keepHistoryDays: 2, keepClosedCallsDays: 3 }, NOW)).toEqual({
      changesBefore: NOW - DAY,
      historyBefore: NOW - 2 * DAY,
      closedCallsBefore: NOW - 3 * DAY,
      repeatsBefore: NOW,
      doNotCallBefore: NOW - 30 * DAY,
    });
  });

  it('never run twice at the same time, and complain once about a database that is away', async () => {
    const begun: PromiseWithResolvers<never>[] = [];
    const execute = () => {
      const run = Promise.withResolvers<never>();
      begun.push(run);
      return run.promise;
    };
    const jobs = jobsOf({ keepChangesDays: 30 }, { execute, tidy: (limits) => store.tidy(limits) });
    jobs.start();
    jobs.start();
    vi.advanceTimersByTime(5000);
    expect(begun).toHaveLength(1);
    for (let failure = 1; failure <= 3; failure++) {
      begun.at(-1)?.reject(new StoreUnavailableError('away'));
      await expect
        .poll(() => {
          vi.advanceTimersByTime(1000);
          return begun.length;
        })
        .toBeGreaterThan(failure);
    }
    const stopped = jobs.stop();
    begun.at(-1)?.reject(new StoreUnavailableError('closed'));
    await stopped;
    vi.advanceTimersByTime(5000);
    expect(begun).toHaveLength(4);
    expect(logLines.map((line) => JSON.parse(line))).toMatchObject([{ level: 'warn', msg: 'lease expiry failed' }]);
  });

  it('may be stopped before they are started, and twice', async () => {
    const jobs = jobsOf({ keepChangesDays: 30 });
    await jobs.stop();
    jobs.start();
    await jobs.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
