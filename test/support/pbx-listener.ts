import { join } from 'node:path';
import { pino } from 'pino';
import { createCapture, placeReader } from '../../src/app/capture.ts';
import { inboundRoutesOf } from '../../src/app/inbound-routes-of.ts';
import type { Call } from '../../src/core/call.ts';
import { createCallQueue } from '../../src/core/call-queue.ts';
import type { Store } from '../../src/core/call-store.ts';
import { noPbx } from '../../src/core/pbx.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import type { AmiPlayer } from './ami-player.ts';
import { type TestSettings, testSettings } from './app.ts';
import { plainDerivation } from './derivation.ts';
import type { ManualTimers } from './manual-timers.ts';
import { memoryFolder } from './memory-folder.ts';
import { type PbxWatch, secondsOf, startPbxWatch, turns, until } from './pbx-watch.ts';

/** Watch, recorder and a real SQLite: what an instance does with a PBX, without HTTP, threads and time of its own. */
export interface PbxListener extends AsyncDisposable {
  pbx: PbxWatch;
  store: Store;
  /** What became of each verdict. */
  recorded: string[];
  log: string[];
  /** Waits until all that the player has said is understood, decided and stored. */
  hasHeardAll(): Promise<void>;
  /** Waits until all that the player has said is read; what it comes to may be anywhere by then. */
  hasReadAll(): Promise<void>;
  /** The PBX closes the connection; resolves when it is gone on both sides. */
  isCut(): Promise<void>;
  /** Lets the time pass until the next attempt to connect, and waits until all that is there is known. */
  isBack(): Promise<void>;
  rows(): Promise<Call[]>;
}

export interface PbxListenerOptions {
  player: AmiPlayer;
  timers: ManualTimers;
  queueLog?: string;
  /** Shared with others; it is not closed. Default: one of its own. */
  store?: Store;
  settings?: TestSettings;
  instance?: string;
  /** What was found waits for it before it is recorded. */
  hold?: () => Promise<void>;
  /** From 0 to 1, for delays; default 0.5. */
  random?: () => number;
}

/** More than any delay of reconnecting. */
const LONGEST_MS = 40_000;
const STEP_MS = 400;

export async function openTestStore(): Promise<Store> {
  return await openSqliteStore({ path: join(memoryFolder(), 'calls.db'), derivation: plainDerivation });
}

export async function startPbxListener(options: PbxListenerOptions): Promise<PbxListener> {
  const { player, timers, queueLog, settings, instance = 'one' } = options;
  const log: string[] = [];
  const store = options.store ?? (await openTestStore());
  const routes = inboundRoutesOf(testSettings('', settings));
  const recorded: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => void log.push(line) });
  const clock = { now: () => Math.floor(secondsOf(timers)) };
  const queue = createCallQueue({ store, clock, pbx: noPbx });
  const capture = createCapture({ queue, routes, instance, onRecorded: (as) => recorded.push(as), logger });
  const pbx = await startPbxWatch({
    url: player.url,
    timers,
    ...(options.random !== undefined && { random: options.random }),
    kept: { keptPlace: (place, reader) => store.keptPlace(place, placeReader(instance, reader)) },
    ...(queueLog !== undefined && { queueLog }),
    async report(findings) {
      await options.hold?.();
      await capture.take(findings);
    },
    logger,
  });
  const said = player.eventsSaid;
  return {
    pbx,
    store,
    recorded,
    log,
    async hasHeardAll() {
      await pbx.hasHeard(player.eventsSaid - said);
      await pbx.settle();
    },
    async hasReadAll() {
      const isRead = () => pbx.watch.status().events >= player.eventsSaid - said;
      await until(isRead, 'not all is read');
    },
    async isCut() {
      player.server.hangUp();
      await until(() => pbx.watch.phase() === 'waiting' && player.server.connections === 0, 'the connection stays');
    },
    async isBack() {
      // Delays grow while connections do not last.
      for (let spent = 0; spent < LONGEST_MS && pbx.watch.phase() === 'waiting'; spent += STEP_MS) {
        timers.advance(STEP_MS);
        await turns(1);
      }
      await pbx.isUp();
      await pbx.settle();
    },
    async rows() {
      const moment = { now: Math.floor(secondsOf(timers)), pbxConnected: true };
      const calls: Call[] = [];
      for await (const batch of store.streamCalls({}, moment)) calls.push(...batch);
      return calls;
    },
    async [Symbol.asyncDispose]() {
      await pbx[Symbol.asyncDispose]();
      if (options.store === undefined) await store.close();
    },
  };
}
