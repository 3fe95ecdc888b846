import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { EpochSeconds } from '../../core/clock.ts';
import { parseQueueLogLine, type QueueLogLine } from './queue-log.ts';

/** A place in the record, to be stored: it can be found again after the file was renamed, copied or emptied. */
export interface QueueLogPosition {
  inode: string;
  /** Bytes read of that file. */
  offset: number;
  /** How the file begins, at most 64 bytes as Latin-1: an inode may be given to another file. */
  head: string;
  /** Time of the last line read; 0 before there was one. */
  at: EpochSeconds;
}

export interface QueueLogBatch {
  lines: QueueLogLine[];
  /** Where to go on; undefined while there is no file at all. */
  position: QueueLogPosition | undefined;
  /** Nothing more is there yet. */
  isAtEnd: boolean;
  /** What came after the place asked for is no longer there, or only in part. */
  isGap: boolean;
}

export interface QueueLogQuestion {
  /** The file into which Asterisk writes; rotated ones are looked for beside it, under names that begin like it. */
  path: string;
  /** Undefined: begin with what comes from now on. */
  from: QueueLogPosition | undefined;
  /** Most to read at a time; default 1 MiB. */
  maxBytes?: number;
}

const HEAD_BYTES = 64;
const MOST_FILES = 1000;
/** Real ones are some hundred bytes long. */
const LONGEST_LINE = 64 * 1024;

/** One of the files of the record, opened. */
interface LogFile {
  name: string;
  handle: FileHandle;
  inode: string;
  size: number;
  head: string;
  /** Time of its first line; infinity for what has none. */
  beginsAt: number;
}

/**
 * Reads on in the record, through rotation by renaming (any number of times), by copying and emptying, and by deleting. A
 * line that is not complete yet is left for the next time. Ask again until `isAtEnd`.
 * @throws errors of the file system, except that there is no file
 */
export async function readQueueLog({ path, from, maxBytes = 1024 ** 2 }: QueueLogQuestion): Promise<QueueLogBatch> {
  const files = await openFiles(path);
  try {
    const current = files.find(({ name }) => name === path);
    if (from === undefined)
      return { lines: [], position: current && (await endOf(current)), isAtEnd: true, isGap: false };
    const here = findAgain(files, from);
    // Rotated and not written anew yet, or gone altogether: then wait for what comes.
    const next = nextFile(files, here, from.at, path);
    if (here === undefined) {
      if (next === undefined) return { lines: [], position: from, isAtEnd: true, isGap: false };
      return { lines: [], position: beginOf(next, from.at), isAtEnd: false, isGap: true };
    }
    const read = await readLines(here, from, maxBytes);
    // Asterisk writes into the renamed file until it opens the new one, and begins that with a line.
    if (!read.isFileDone || next === undefined) return { ...read, isAtEnd: read.isFileDone, isGap: false };
    return { ...read, position: beginOf(next, read.position.at), isAtEnd: false, isGap: false };
  } finally {
    await Promise.all(files.map(({ handle }) => handle.close()));
  }
}

function beginOf({ inode, head }: LogFile, at: EpochSeconds): QueueLogPosition {
  return { inode, offset: 0, head, at };
}

/** Behind the last line that is complete. */
async function endOf({ handle, inode, size, head }: LogFile): Promise<QueueLogPosition> {
  const start = Math.max(0, size - LONGEST_LINE);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
  return { inode, offset: start + buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1, head, at: 0 };
}

/** The file of a position: by its inode, or a copy of it. */
function findAgain(files: readonly LogFile[], { inode, offset, head }: QueueLogPosition): LogFile | undefined {
  const same = files.filter((file) => file.size >= offset && file.head.startsWith(head));
  return same.find((file) => file.inode === inode) ?? (head === '' ? undefined : same[0]);
}

/** The file after this one in time; that into which Asterisk writes comes last. */
function nextFile(files: readonly LogFile[], here: LogFile | undefined, at: number, path: string): LogFile | undefined {
  if (here?.name === path) return undefined;
  const after = here?.beginsAt ?? at;
  return files
    .filter((file) => file !== here && file.beginsAt < Number.POSITIVE_INFINITY)
    .filter(({ name, beginsAt }) => name === path || beginsAt > after)
    .sort((a, b) => (a.name === path ? 1 : b.name === path ? -1 : a.beginsAt - b.beginsAt))[0];
}

async function readLines(file: LogFile, from: QueueLogPosition, maxBytes: number) {
  const wanted = Math.min(maxBytes, file.size - from.offset);
  const bytes = Buffer.alloc(wanted);
  const { bytesRead } = await file.handle.read(bytes, 0, wanted, from.offset);
  const read = bytes.subarray(0, bytesRead);
  const lastEnd = read.lastIndexOf(0x0a) + 1;
  // A line longer than all that may be read at a time is none: pass over it piece by piece.
  const used = lastEnd === 0 && bytesRead === maxBytes ? bytesRead : lastEnd;
  const lines = read
    .subarray(0, lastEnd)
    .toString()
    .split('\n')
    .map((line) => parseQueueLogLine(line.trimEnd()))
    .filter((line) => line !== undefined);
  const offset = from.offset + used;
  const position = { inode: file.inode, offset, head: file.head, at: lines.at(-1)?.at ?? from.at };
  return { lines, position, isFileDone: from.offset + bytesRead >= file.size };
}

async function openFiles(path: string): Promise<LogFile[]> {
  const names = (await readdir(dirname(path)))
    .filter((name) => name.startsWith(basename(path)) && !/\.(?:gz|xz|bz2|zst)$/.test(name))
    .sort()
    .slice(0, MOST_FILES);
  const files: LogFile[] = [];
  for (const name of names) {
    const file = await openFile(join(dirname(path), name)).catch((error) => {
      for (const { handle } of files) handle.close().catch(() => undefined);
      throw error;
    });
    if (file !== undefined) files.push(file);
  }
  return files;
}

async function openFile(name: string): Promise<LogFile | undefined> {
  let handle: FileHandle;
  try {
    // To open a named pipe would wait for its writer.
    if (!(await stat(name)).isFile()) return undefined;
    handle = await open(name, 'r');
  } catch (error) {
    // Rotated away since the folder was read.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { ino, size } = await handle.stat({ bigint: true });
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const head = buffer.subarray(0, bytesRead).toString('latin1');
  const first = /^(\d{9,11})[.|]/.exec(head);
  const beginsAt = first === null ? Number.POSITIVE_INFINITY : Number(first[1]);
  return { name, handle, inode: String(ino), size: Number(size), head, beginsAt };
}
