import { pino } from 'pino';
import { parseAmiAddress } from '../../src/pbx/asterisk/ami-address.ts';
import { AmiConnection, type AmiConnectionOptions } from '../../src/pbx/asterisk/ami-connection.ts';
import type { AmiSignal } from '../../src/pbx/asterisk/ami-inbox.ts';
import type { AmiPhase } from '../../src/pbx/asterisk/ami-state.ts';
import type { AmiServer } from './ami-server.ts';
import { ManualTimers } from './manual-timers.ts';

export interface AmiClient extends AsyncDisposable {
  connection: AmiConnection;
  timers: ManualTimers;
  /** All that was delivered. */
  signals: AmiSignal[];
  /** All that was logged. */
  log: string[];
  /** Waits until so many signals of a kind were delivered; answers the last of them. */
  heard<K extends AmiSignal['kind']>(kind: K, count?: number): Promise<Extract<AmiSignal, { kind: K }>>;
  /** Waits for a phase. */
  reached(phase: AmiPhase): Promise<void>;
  /** Lets time pass while the server answers each Ping. */
  pass(ms: number): Promise<void>;
  /** Names of all events delivered, and the other kinds of signals, in order. */
  story(): string[];
}

/** A connection to a scripted server that has begun to connect, with time in our hand. */
export function startAmiClient(server: AmiServer, options: Partial<AmiConnectionOptions> = {}): AmiClient {
  const timers = new ManualTimers();
  const signals: AmiSignal[] = [];
  const watchers = new Set<() => void>();
  const log: string[] = [];
  const { deliver } = options;
  const connection = new AmiConnection({
    address: parseAmiAddress(server.url),
    logger: pino({ level: 'debug' }, { write: (line) => void log.push(line) }),
    actionIdPrefix: 'test',
    timers,
    clock: timers.clock,
    random: () => 0.5,
    ...options,
    async deliver(batch) {
      await deliver?.(batch);
      signals.push(...batch);
      for (const look of watchers) look();
    },
  });
  const alarmsIn = (ms: number) => timers.pending.filter((pending) => pending === ms).length;
  connection.start();
  return {
    connection,
    timers,
    signals,
    log,
    async heard<K extends AmiSignal['kind']>(kind: K, count = 1) {
      const { promise, resolve } = Promise.withResolvers<Extract<AmiSignal, { kind: K }>>();
      const look = () => {
        const found = signals.filter((signal) => signal.kind === kind)[count - 1];
        if (found !== undefined) resolve(found as Extract<AmiSignal, { kind: K }>);
      };
      watchers.add(look);
      look();
      const signal = await promise;
      watchers.delete(look);
      return signal;
    },
    reached: async (phase) => await timers.until(() => connection.state.phase === phase),
    async pass(ms) {
      for (let left = ms; left > 0; left -= 1_000) {
        const isPingDue = timers.pending.some((pending) => pending === 1_000) && connection.state.phase !== 'waiting';
        timers.advance(Math.min(left, 1_000));
        // The alarm for the next Ping is set when this one is answered.
        const others = alarmsIn(10_000);
        if (isPingDue) await timers.until(() => alarmsIn(10_000) > others);
      }
    },
    story: () => signals.map((signal) => (signal.kind === 'event' ? (signal.message.event ?? '') : signal.kind)),
    [Symbol.asyncDispose]: async () => await connection.stop(),
  };
}
