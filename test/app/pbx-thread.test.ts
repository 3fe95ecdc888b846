import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createCapture } from '../../src/app/capture.ts';
import { inboundRoutesOf } from '../../src/app/inbound-routes-of.ts';
import { openStore } from '../../src/app/open-store.ts';
import { createPbxThread, type PbxThread } from '../../src/app/pbx-thread.ts';
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
async function open(server: AmiServer) {
  const settings = testSettings(tempFolder(), {
    pbx: { url: server.url, inboundContexts: ['from-trunk'] },
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

  it('stops before it has begun', async () => {
    await using pbx = await startScriptedPbx();
    await using opened = await open(pbx.server);
    const thread = opened.begin();
    await thread.stop();
    thread.start();
    expect(thread.status()?.phase).toBe('stopped');
  });
});
