import type { Database } from './database.ts';
import { lastSequence } from './journal.ts';
import type { Session } from './session.ts';
import { CHANGES_CHANNEL } from './store-draft.ts';

/** How soon a change of another instance is told while nobody says so. */
const POLL_MS = 500;
/** The same while PostgreSQL tells of changes, as a word of it may be lost with its connection. */
const CAREFUL_POLL_MS = 5_000;

/** Tells listeners that the change feed has grown. */
export interface ChangeSignal {
  onChange(listener: () => void): () => void;
  /** This process has committed changes up to this one. */
  committed(sequence: number): void;
  stop(): Promise<void>;
}

/**
 * PostgreSQL tells every instance of each commit (LISTEN, NOTIFY), over a connection that exists while somebody listens
 * here. Without it, as behind a pooler that does not pass that on, the number of the newest change is asked for.
 */
export function createChangeSignal(database: Database): ChangeSignal {
  const listeners = new Set<() => void>();
  let told = 0;
  let timer: NodeJS.Timeout | undefined;
  let ear: Session | undefined;
  let isConnecting = false;

  function tell(sequence: number): void {
    told = sequence;
    for (const listener of listeners) listener();
  }

  async function look(): Promise<void> {
    const before = told;
    const sequence = await lastSequence(database);
    // Whatever was told meanwhile is newer than this.
    if (told === before && sequence !== told) tell(sequence);
  }

  async function connect(): Promise<void> {
    if (ear !== undefined || isConnecting) return;
    isConnecting = true;
    try {
      const session = await database.listen(
        (_channel, sequence) => {
          if (Number(sequence) > told) tell(Number(sequence));
        },
        (lost) => {
          if (ear !== lost) return;
          ear = undefined;
          wait();
        },
      );
      await session.run(`LISTEN ${CHANGES_CHANNEL}`);
      if (listeners.size === 0) await session.close();
      else if (!session.isLost) ear = session;
    } finally {
      isConnecting = false;
    }
  }

  /** Again and again; what fails is tried again. */
  async function watch(): Promise<void> {
    await connect().catch(() => undefined);
    await look().catch(() => undefined);
    if (listeners.size > 0) wait();
  }

  function wait(): void {
    clearTimeout(timer);
    timer = setTimeout(watch, ear === undefined ? POLL_MS : CAREFUL_POLL_MS).unref();
  }

  async function stop(): Promise<void> {
    listeners.clear();
    clearTimeout(timer);
    timer = undefined;
    const deaf = ear;
    ear = undefined;
    await deaf?.close();
  }

  return {
    onChange(listener) {
      // Each registration is a listener of its own, though the function may be the same.
      const own = () => listener();
      listeners.add(own);
      if (listeners.size === 1) void watch();
      return () => {
        listeners.delete(own);
        if (listeners.size === 0) void stop();
      };
    },
    committed(sequence) {
      if (sequence > told) tell(sequence);
    },
    stop,
  };
}
