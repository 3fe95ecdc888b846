import type { Connection } from './connection.ts';
import { lastSequence } from './journal.ts';
import type { SqlValue } from './row-columns.ts';

/** How soon a change of another process is told. */
const POLL_MS = 500;

/** Tells listeners that the change feed has grown. */
export interface ChangeSignal {
  onChange(listener: () => void): () => void;
  /** Something was committed by this process. */
  look(): void;
  stop(): void;
}

/** @param connection for reading; looked at only while somebody listens */
export function createChangeSignal(connection: Connection): ChangeSignal {
  const listeners = new Set<() => void>();
  let told = 0;
  let seen: SqlValue = null;
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    if (listeners.size === 0 || !connection.isOpen) return;
    const sequence = lastSequence(connection);
    if (sequence === told) return;
    told = sequence;
    for (const listener of listeners) listener();
  }

  /** PRAGMA data_version changes with every commit of another connection, and costs nothing to ask. */
  function poll(): void {
    if (!connection.isOpen) return;
    const dataVersion = connection.value('PRAGMA data_version');
    if (dataVersion === seen) return;
    seen = dataVersion;
    look();
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    onChange(listener) {
      // Each registration is a listener of its own, though the function may be the same.
      const own = () => listener();
      if (listeners.size === 0) {
        told = lastSequence(connection);
        timer = setInterval(poll, POLL_MS).unref();
      }
      listeners.add(own);
      return () => {
        listeners.delete(own);
        if (listeners.size === 0) stop();
      };
    },
    look,
    stop,
  };
}
