import { join } from 'node:path';
import type { Logger } from 'pino';
import type { CaptureRecords } from '../../src/core/capture-records.ts';
import type { PbxFinding } from '../../src/core/pbx-finding.ts';
import { parseAmiAddress } from '../../src/pbx/asterisk/ami-address.ts';
import { createQueueLogFileReader } from '../../src/pbx/asterisk/queue-log-reader.ts';
import { type AsteriskWatch, createAsteriskWatch, HEARD, QUEUE_LOG } from '../../src/pbx/asterisk/watch-asterisk.ts';
import { RECORDED_SETTINGS } from './asterisk-replay.ts';
import type { ManualTimers } from './manual-timers.ts';

export interface PbxWatchOptions {
  /** Of the manager port. */
  url: string;
  /** Time in our hand, the PBX's as well if it shall know it. */
  timers: ManualTimers;
  report: (findings: PbxFinding[]) => Promise<void>;
  /** Where places were kept; without it, it is the very first start. */
  kept?: Pick<CaptureRecords, 'keptPlace'>;
  queueLog?: string;
  logger: Logger;
  random?: () => number;
}

/** A watch over a manager port, moved on by hand. */
export interface PbxWatch extends AsyncDisposable {
  watch: AsteriskWatch;
  /** Waits until the PBX is heard and all that is there is known. */
  isUp(): Promise<void>;
  /** Waits until so many events of the PBX were read and understood. */
  hasHeard(events: number): Promise<void>;
  /** Lets what was heard be decided and reported. */
  settle(): Promise<void>;
}

/** When the clocks of these tests start, by the PBX as well. */
export const WATCH_START = 1_795_465_000;

export const secondsOf = (timers: ManualTimers): number => WATCH_START + timers.now() / 1000;

export async function startPbxWatch({
  url,
  timers,
  report,
  kept,
  queueLog,
  logger,
  random = () => 0.5,
}: PbxWatchOptions): Promise<PbxWatch> {
  const address = parseAmiAddress(url);
  const place = `${address.host}:${address.port}`;
  const keptAs = async (reader: string) => {
    const text = await kept?.keptPlace(place, reader);
    return text === undefined ? undefined : JSON.parse(text);
  };
  let reporting = 0;
  const watch = createAsteriskWatch({
    address,
    timers,
    actionIdPrefix: 'test',
    random,
    inboundContexts: [...RECORDED_SETTINGS.inboundContexts],
    queueLog: queueLog === undefined ? undefined : createQueueLogFileReader(queueLog),
    known: { heard: await keptAs(HEARD), queueLog: await keptAs(QUEUE_LOG) },
    logger,
    clock: { now: () => secondsOf(timers) },
    async report(findings) {
      reporting += 1;
      await report(findings);
      reporting -= 1;
    },
  });
  watch.start();
  const step = async (ms: number) => {
    timers.advance(ms);
    await turns(3);
    await until(() => reporting === 0, 'findings stay unreported');
  };
  return {
    watch,
    async isUp() {
      await until(
        () => watch.phase() === 'up',
        () => `the PBX is ${watch.phase()}`,
      );
      await step(0);
    },
    async hasHeard(events) {
      await until(
        () => watch.status().events >= events && watch.status().queued === 0,
        () => `${watch.status().events} of ${events} events were heard`,
      );
      await step(0);
    },
    async settle() {
      for (let tick = 0; tick < 6; tick += 1) await step(100);
    },
    async [Symbol.asyncDispose]() {
      await watch.stop();
    },
  };
}

/** Looks again with every turn of the event loop, without letting the time of a test pass. @throws after 20 s */
export async function until(isSo: () => boolean, complaint: string | (() => string)): Promise<void> {
  const latest = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > latest) throw new Error(typeof complaint === 'string' ? complaint : complaint());
    await turns(1);
  }
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export const queueLogIn = (folder: string): string => join(folder, 'queue_log');
