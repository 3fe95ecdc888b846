import type { Worker } from 'node:worker_threads';
import type { Settings } from '../config.ts';
import type { CaptureRecords } from '../core/capture-records.ts';
import type { Clock } from '../core/clock.ts';
import type { Pbx, PbxStatus } from '../core/pbx.ts';
import type { Logger } from '../logger.ts';
import { parseAmiAddress } from '../pbx/asterisk/ami-address.ts';
import { HEARD, QUEUE_LOG, type WatchKnown } from '../pbx/asterisk/watch-asterisk.ts';
import { spawnThread } from '../threads/spawn-thread.ts';
import { type Capture, placeReader } from './capture.ts';
import type { PbxThreadData, PbxThreadMessage, PbxThreadOrder } from './serve-pbx.ts';

export interface PbxThreadOptions {
  /** `pbx.url` is set. */
  settings: Pick<Settings, 'pbx' | 'instance' | 'log'>;
  places: Pick<CaptureRecords, 'keptPlace'>;
  capture: Capture;
  clock: Clock;
  logger: Logger;
  /** Default: the thread of app-pbx.ts. */
  spawn?: (data: PbxThreadData) => Worker;
}

export interface PbxThread extends Pbx {
  /** Begins to listen. It never fails: what is not there yet is tried again. */
  start(): void;
  /** Ends the connection and stores what was found, for at most 3 s. For good; may be called at any moment and twice. */
  stop(): Promise<void>;
}

const STOP_LIMIT_MS = 3_000;
/** One that lived for so long did not fail at its start: the next pause is the first again. */
const STABLE_MS = 60_000;
const RESTART_MS = { first: 1_000, longest: 30_000 };

/**
 * Listens to the PBX in a thread of its own, and starts that thread again should it ever end by itself: what was missed
 * meanwhile is a gap like any other.
 */
export function createPbxThread(options: PbxThreadOptions): PbxThread {
  const { settings, places, capture, clock, logger } = options;
  const spawn = options.spawn ?? spawnPbx;
  const url = settings.pbx.url ?? '';
  const { host, port } = parseAmiAddress(url);
  const address = `${host}:${port}`;
  let isStopped = false;
  let worker: Worker | undefined;
  let living: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const stopped = Promise.withResolvers<void>();
  let status: PbxStatus = silentStatus(address, 'connecting', clock.now());

  async function live(): Promise<void> {
    let pauseMs = RESTART_MS.first;
    while (!isStopped) {
      const beganAt = performance.now();
      try {
        await run(await readKnown());
        return;
      } catch (error) {
        // In one line with why: whatever it was, missed calls are only known from the PBX's own record meanwhile.
        logger.error({ err: error }, 'The thread that listens to the PBX failed; it is started again');
      }
      if (performance.now() - beganAt > STABLE_MS) pauseMs = RESTART_MS.first;
      status = { ...silentStatus(address, 'waiting', clock.now()), pbx: status.pbx };
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, RESTART_MS.longest);
    }
  }

  async function readKnown(): Promise<WatchKnown> {
    const read = async (reader: string) => {
      const place = await places.keptPlace(address, placeReader(settings.instance, reader));
      try {
        return place === undefined ? undefined : JSON.parse(place);
      } catch (error) {
        logger.error({ err: error, reader }, 'What was kept of listening to the PBX cannot be read: it begins anew');
        return undefined;
      }
    };
    const { queueLog } = settings.pbx;
    return { heard: await read(HEARD), queueLog: queueLog === undefined ? undefined : await read(QUEUE_LOG) };
  }

  /** Resolves when the thread has ended as it was told to. */
  async function run(known: WatchKnown): Promise<void> {
    if (isStopped) return;
    const thread = spawn({
      url,
      inboundContexts: settings.pbx.inboundContexts,
      queueLog: settings.pbx.queueLog,
      certificateAuthority: settings.pbx.certificateAuthority,
      // Answers to orders to dial go to every client of the PBX: the prefix tells whose they are.
      actionIdPrefix: 'callqueue',
      logLevel: settings.log,
      known,
    });
    worker = thread;
    const exited = Promise.withResolvers<void>();
    thread.on('message', (message: PbxThreadMessage) => hear(thread, message));
    thread.once('error', exited.reject);
    thread.once('exit', (code) => {
      if (isStopped) exited.resolve();
      else exited.reject(new Error(`exit code ${code}`));
    });
    try {
      await exited.promise;
    } finally {
      worker = undefined;
    }
  }

  function hear(thread: Worker, message: PbxThreadMessage): void {
    switch (message.kind) {
      case 'status':
        status = message.status;
        return;
      case 'log':
        logLine(logger, message.line);
        return;
      case 'findings':
        // Not stored is only what the stop came before: then nobody waits for the answer.
        capture.take(message.findings).then(
          () => order(thread, { kind: 'stored', number: message.number }),
          (error) => logger.warn({ err: error }, 'What the PBX told last is not stored'),
        );
    }
  }

  function order(thread: Worker, what: PbxThreadOrder): void {
    thread.postMessage(what);
  }

  async function stop(): Promise<void> {
    isStopped = true;
    stopped.resolve();
    if (worker !== undefined) order(worker, { kind: 'stop' });
    const limit = setTimeout(() => {
      logger.warn({ seconds: STOP_LIMIT_MS / 1000 }, 'The thread that listens to the PBX does not end: it is ended');
      capture.stop();
      void worker?.terminate();
    }, STOP_LIMIT_MS);
    await living;
    clearTimeout(limit);
    capture.stop();
    status = { ...status, phase: 'stopped', since: clock.now() };
  }

  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, stopped.promise]);
    clearTimeout(timer);
  }

  return {
    start() {
      if (!isStopped) living ??= live();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
    isConnected: () => status.phase === 'up',
    status: () => status,
  };
}

function spawnPbx(data: PbxThreadData): Worker {
  return spawnThread({ program: new URL('../app-pbx.ts', import.meta.url), data, name: 'pbx' });
}

/** A line as pino wrote it in the thread, with its secrets taken out already. */
function logLine(logger: Logger, line: string): void {
  const { level, time: _, msg, ...members } = JSON.parse(line) as { level: 'info'; time: string; msg: string };
  logger[level](members, msg);
}

/** Before a thread has told anything. */
function silentStatus(address: string, phase: PbxStatus['phase'], since: number): PbxStatus {
  return {
    phase,
    since,
    address,
    pbx: undefined,
    version: undefined,
    systemName: undefined,
    startedAt: undefined,
    lastEventAt: undefined,
    events: 0,
    lastFailure: undefined,
    queued: 0,
    dropped: 0,
    legs: 0,
    lost: 0,
    waitingCallers: [],
    numbersOnLine: [],
    contextsSeen: [],
    queueLog: undefined,
  };
}
