import { spawnThread } from '../../src/threads/spawn-thread.ts';

/** What the thread of plain-writer-thread.ts is given. */
export interface PlainWriterData {
  path: string;
  lockWaitMs: number;
}

/** Starts the writing thread of stores of tests. */
export const spawnPlainWriter = (data: PlainWriterData) =>
  spawnThread({ program: new URL('./plain-writer-thread.ts', import.meta.url), data, name: 'writer' });
