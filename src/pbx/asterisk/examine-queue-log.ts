import { open, stat } from 'node:fs/promises';
import type { EpochSeconds } from '../../core/clock.ts';
import { parseQueueLogLine } from './queue-log.ts';

export interface QueueLogFacts {
  bytes: number;
  /** Of the last line that is one, by the PBX's clock; undefined when there is none near the end. */
  lastAt: EpochSeconds | undefined;
}

const TAIL_BYTES = 64 * 1024;

/**
 * Looks at the end of the file into which Asterisk writes.
 * @throws errors of the file system, with their `code`; ENOTSUP for what is no file, such as a folder or a pipe
 */
export async function examineQueueLog(path: string): Promise<QueueLogFacts> {
  // To open a named pipe would wait for its writer.
  if (!(await stat(path)).isFile()) throw Object.assign(new Error(`${path} is no file`), { code: 'ENOTSUP' });
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
    const lines = buffer.subarray(0, bytesRead).toString().split('\n').reverse();
    const last = lines.map((line) => parseQueueLogLine(line.trimEnd())).find((line) => line !== undefined);
    return { bytes: size, lastAt: last?.at };
  } finally {
    await handle.close();
  }
}
