import type { QueueLogLine } from './queue-log.ts';
import { type QueueLogPosition, readQueueLog } from './queue-log-file.ts';

/** What the record of queues is read by, wherever the PBX writes it. */
export interface QueueLogReader {
  /** What is read, for people: a path, or host and table of a database; no password. */
  readonly place: string;
  /**
   * Reads on, a bounded piece at a time; to be asked again until `isAtEnd`, and not before the last answer came.
   * @param from the position answered last, or stored as JSON meanwhile; undefined: begin with what comes from now on
   * @throws when it cannot be read right now; the same question may succeed later
   */
  read(from: unknown): Promise<QueueLogRead>;
  /** Lets go of what it holds. May be called twice. */
  close(): Promise<void>;
}

export interface QueueLogRead {
  lines: readonly QueueLogLine[];
  /** Where to go on, plain data that survives JSON; undefined while there is nothing to read from. */
  position: unknown;
  /** Nothing more is there yet. */
  isAtEnd: boolean;
  /** What came after the place asked for is no longer there, or only in part. */
  isGap: boolean;
}

/** Reads the file into which Asterisk writes, and those it was rotated to. @param maxBytes most to read at a time */
export function createQueueLogFileReader(path: string, { maxBytes }: { maxBytes?: number } = {}): QueueLogReader {
  return {
    place: path,
    read: (from) =>
      readQueueLog({ path, from: from as QueueLogPosition | undefined, ...(maxBytes !== undefined && { maxBytes }) }),
    close: async () => {},
  };
}
