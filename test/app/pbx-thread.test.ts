import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createCapture } from '../../src/app/capture.ts';
import { inboundRoutesOf } from '../../src/app/inbound-routes-of.ts';
import { openStore } from '../../src/app/open-store.ts';
import { createPbxThread, type PbxThread } from '../../src/app/pbx-thread.ts';
import type { Call } from '../../src/core/call.ts';
import { createCallQueue } from '../../src/core/call-queue.ts';
import { systemClock } from '../../src/core/clock.ts';
import { noPbx } from '../../src/core/pbx.ts';
import { spawnThread } from '../../src/threads/spawn-thread.ts';
import type { AmiServer } from '../support/ami-server.ts';
import { testSettings } from '../support/app.ts';
import { inboundCall } from '../support/asterisk-calls.ts';
import { startScriptedPbx } from '../support/scripted-pbx.ts';
import { tempFolder } from '../support/temp-folder.ts';

const until = async (isSo: () => boolean | Promise<boolean>) => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
};

/** A real thread over a real database; `begin` makes a further one over the same database, as the next process does. */
async function open(server: AmiServer, pbx: { queueLog?: string } = {}) {
  const settings = testSettings(tempFolder(), {
    pbx: { url: server.url, inboundContexts: ['from-trunk'], ...pbx },
    log: 'debug',
  });
  const store = await openStore(settings);
  const queue = createCallQueue({ store, clock: systemClock, pbx: noPbx });
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => void log.push(line) });
  const workers: Worker[] = [];
  const threads: PbxThread[] = [];
  return {
    log,
    workers,
    async calls() {
      const calls: Call[] = [];
      for await (const batch of queue.streamCalls({})) calls.push(...batch);
      return calls;
    },
    gaps: () => store.captureGaps({ since: 0, limit: 9 }),
    begin() {
      const capture = createCapture({
        queue,
        routes: inboundRoutesOf(settings),
        instance: settings.instance,
        onRecorded: () => {},
        logger,
      });
      const thread = createPbxThread({
        ...{ settings, places: store, capture, clock: systemClock, logger },
        spawn(data) {
          const worker = spawnThread({ program: new URL('../../src/app-pbx.ts', import.meta.url), data, name: 'pbx' });
          workers.push(worker);
          return worker;
        },
      });
      threads.push(thread);
      thread.start();
      return thread;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map((thread) => thread.stop()));
      await store.close();
    },
  };
}

describe('the thread that listens to the PBX', () => {
  it('is started again when it ends by itself, which is a gap like any other', async () => {
    await using pbx = await startScriptedPbx();
    await using opened = await open(pbx.server);
    const thread = opened.begin();
    await until(() => thread.isConnected());
    const call = inboundCall('1795465000.1');
    pbx.server.say([call.begins, call.joins]);
    pbx.waiting.add(call);
    await until(() => thread.status()?.waitingCallers.length === 1);
    await opened.workers[0]?.terminate();
    await until(() => !thread.isConnected());
    await until(() => thread.isConnected() && thread.status()?.waitingCallers.length === 1);
    expect(opened.workers).toHaveLength(2);
    expect(opened.log.join('')).toContain('is started again');
    await until(async () => (await opened.gaps())[0]?.isFilled === false);
    expect(await opened.gaps()).toMatchObject([{ reason: 'service_stopped', to: expect.any(Number) }]);
    expect(opened.log.join('')).not.toContain(pbx.server.secret);
  });

  it('goes on from what the last one kept, and stops twice', async () => {
    await using pbx = await startScriptedPbx();
    await using opened = await open(pbx.server);
    const first = opened.begin();
    await until(() => first.isConnected());
    const call = inboundCall('1795465000.1');
    pbx.server.say([call.begins, call.joins, ...call.givesUp]);
    await until(() => (first.status()?.events ?? 0) >= 7);
    await Promise.all([first.stop(), first.stop()]);
    expect(first.status()?.phase).toBe('stopped');
    expect(await opened.gaps()).toMatchObject([{ reason: 'service_stopped', to: null, isFilled: null }]);

    const second = opened.begin();
    await until(() => second.isConnected());
    await until(async () => (await opened.gaps())[0]?.isFilled === false);
    expect(await opened.gaps()).toHaveLength(1);
    expect(second.status()?.pbx).toBe('2026-11-23 20:22:09');
  });

  it('puts all that the record of queues tells of an absence into the list once, however often it is told', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = join(tempFolder(), 'queue_log');
    writeFileSync(queueLog, '1795460000|NONE|NONE|NONE|QUEUESTART|\n');
    await using opened = await open(pbx.server, { queueLog });
    const before = opened.begin();
    await until(() => before.isConnected());
    await before.stop();
    const start = Math.floor(Date.now() / 1000) - 3600;
    for (let n = 0; n < 200; n += 1) {
      const { log } = inboundCall(`1795465000.${n}`, `+441632960${String(n).padStart(3, '0')}`);
      appendFileSync(queueLog, log.enters(start + n) + log.abandons(start + n + 7));
    }
    const [one, other] = [opened.begin(), opened.begin()];
    await until(() => one.isConnected() && other.isConnected());
    await until(async () => (await opened.gaps())[0]?.isFilled === true);
    await Promise.all([one.stop(), other.stop()]);
    const calls = await opened.calls();
    expect(calls).toHaveLength(200);
    expect(calls.every(({ missedCount, source }) => missedCount === 1 && source === 'missed_call')).toBe(true);
    expect((await opened.gaps()).filter(({ to }) => to !== null)).toMatchObject([
      { reason: 'service_stopped', isFilled: true },
    ]);
  });

  it('stops before it has begun', async () => {
    await using pbx = await startScriptedPbx();
    await using opened = await open(pbx.server);
    const thread = opened.begin();
    await thread.stop();
    thread.start();
    expect(thread.status()?.phase).toBe('stopped');
  });
});
