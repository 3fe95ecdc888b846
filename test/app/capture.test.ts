import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type Capture, type CaptureOptions, createCapture } from '../../src/app/capture.ts';
import { inboundRoutesOf } from '../../src/app/inbound-routes-of.ts';
import { openStore } from '../../src/app/open-store.ts';
import type { CallQueue } from '../../src/core/call-queue.ts';
import { createCallQueue } from '../../src/core/call-queue.ts';
import type { RecordedAs } from '../../src/core/capture-command.ts';
import { systemClock } from '../../src/core/clock.ts';
import { StoreUnavailableError } from '../../src/core/errors.ts';
import { noPbx } from '../../src/core/pbx.ts';
import type { PbxFinding } from '../../src/core/pbx-finding.ts';
import { testSettings } from '../support/app.ts';
import { missOf } from '../support/capture.ts';
import { tempFolder } from '../support/temp-folder.ts';

const missed = (legId: string, changes: Parameters<typeof missOf>[0] = {}): PbxFinding => ({
  kind: 'verdict',
  verdict: missOf({ legId, number: `+441632960${legId.padStart(3, '0')}`, ...changes }),
});
const place = (text: string): PbxFinding => ({ kind: 'place', pbx: 'host:5038', reader: 'queue_log', place: text });

async function open(
  options: { wrap?: (queue: CallQueue) => Pick<CallQueue, 'execute'> } & Partial<CaptureOptions> = {},
) {
  const settings = testSettings(tempFolder());
  const store = await openStore(settings);
  const queue = createCallQueue({ store, clock: systemClock, pbx: noPbx });
  const recorded: string[] = [];
  const log: string[] = [];
  const capture: Capture = createCapture({
    queue: options.wrap?.(queue) ?? queue,
    routes: inboundRoutesOf(settings),
    instance: 'one',
    onRecorded: (as) => recorded.push(as),
    logger: pino({ level: 'debug' }, { write: (line) => void log.push(line) }),
    pausesMs: { first: 1, longest: 4 },
    ...options,
  });
  return {
    store,
    capture,
    recorded: recorded as (RecordedAs | 'not_counted' | 'failed')[],
    log,
    async count() {
      let count = 0;
      for await (const calls of queue.streamCalls({})) count += calls.length;
      return count;
    },
    async [Symbol.asyncDispose]() {
      capture.stop();
      await store.close();
    },
  };
}

describe('storing what a PBX tells', () => {
  it('stores verdicts, gaps and places, and says what became of verdicts', async () => {
    await using opened = await open();
    const { capture, store, recorded } = opened;
    const gap = { pbx: 'pbx', from: 100, to: null, reason: 'connection_lost', isFilled: null };
    await capture.take([missed('1'), missed('1'), { kind: 'gap', gap }, place('here')]);
    expect([...recorded].sort()).toEqual(['created', 'double']);
    expect(await store.captureGaps({ since: 0, limit: 9 })).toEqual([{ ...gap, instance: 'one' }]);
    expect(await store.keptPlace('host:5038', 'one queue_log')).toBe('here');
  });

  it('tries on while the database is away, loses nothing and keeps no place before what was found', async () => {
    let asked = 0;
    const stored: string[] = [];
    await using opened = await open({
      wrap: (queue) => ({
        async execute(command, context) {
          asked += 1;
          if (asked <= 20 || (asked < 60 && asked % 2 === 0)) throw new StoreUnavailableError('away');
          const result = await queue.execute(command, context);
          stored.push(command.kind);
          return result;
        },
      }),
    });
    const batches = Array.from({ length: 10 }, (_, n) => [place(`${n}`), missed(`${2 * n}`), missed(`${2 * n + 1}`)]);
    await Promise.all(batches.map((batch) => opened.capture.take(batch)));
    expect(asked).toBeGreaterThan(60);
    expect(await opened.count()).toBe(20);
    expect(stored.map((kind, index) => [kind, index]).filter(([kind]) => kind === 'keep_place')).toEqual(
      batches.map((_, n) => ['keep_place', 3 * n + 2]),
    );
    expect(opened.log.filter((line) => line.includes('tried again'))).not.toHaveLength(0);
  });

  it('passes over what can never be stored, and stores what comes with it', async () => {
    await using opened = await open({
      wrap: (queue) => ({
        execute(command, context) {
          if (command.kind === 'record_missed' && command.miss.legId === '2') throw new RangeError('poison');
          return queue.execute(command, context);
        },
      }),
    });
    await opened.capture.take([missed('1'), missed('2'), missed('3'), place('behind')]);
    expect(await opened.count()).toBe(2);
    expect([...opened.recorded].sort()).toEqual(['created', 'created', 'failed']);
    expect(await opened.store.keptPlace('host:5038', 'one queue_log')).toBe('behind');
    expect(opened.log.join('')).toContain('poison');
  });

  it('ends when it is stopped while the database is away, and says that not all is stored', async () => {
    const tried = Promise.withResolvers<void>();
    await using opened = await open({
      pausesMs: { first: 60_000, longest: 60_000 },
      wrap: () => ({
        async execute() {
          tried.resolve();
          throw new StoreUnavailableError('away');
        },
      }),
    });
    const taken = [opened.capture.take([missed('1')]), opened.capture.take([missed('2')])];
    await tried.promise;
    opened.capture.stop();
    for (const one of taken) await expect(one).rejects.toThrow('Stopped before');
  });
});
