import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import type { EpochSeconds } from '../../core/clock.ts';
import { StoreUnusableError } from '../../core/errors.ts';
import { checkFile } from './check-database.ts';
import { Connection } from './connection.ts';
import { schemaVersion } from './migrate.ts';
import { syncFolder } from './sync-folder.ts';
import { translateError } from './translate-error.ts';

export interface BackUpOptions {
  /** The database, which may be in use. */
  source: string;
  /** The file to be made. */
  target: string;
  now: EpochSeconds;
  /** Hears how far it is, from 0 to 1. */
  onProgress?: (share: number) => void;
}

/** In `meta` of a copy: when it was made. Whoever opens it later knows that calls may have been made since. */
export const BACKUP_MARK = 'backup_made_at';

/** Pages a step; between steps the process does its other work. */
const PAGES = 1_000;

/**
 * Makes a copy as of one moment while others read and write. It gets its name only when it is complete, checked and
 * on the disk.
 * @returns its size in bytes
 * @throws StoreUnusableError when the target exists or cannot be written, or the database is damaged
 */
export async function backUp({ source, target, now, onProgress }: BackUpOptions): Promise<number> {
  checkFile(source);
  if (existsSync(target)) throw alreadyThere(target);
  const draft = `${target}.partial`;
  try {
    // Exclusively: two backups to one place at once would spoil each other.
    closeSync(openSync(draft, 'wx', 0o600));
  } catch (error) {
    throw new StoreUnusableError(
      `${draft} cannot be made: ${(error as Error).message}. If a backup was interrupted there, remove it`,
      { cause: error },
    );
  }
  try {
    await copy(source, draft, onProgress);
    markAndCheck(draft, now);
    sync(draft);
    linkSync(draft, target);
    syncFolder(dirname(target));
    return statSync(target).size;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(target) : translateError(error, target);
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true });
  }
}

async function copy(source: string, draft: string, onProgress: BackUpOptions['onProgress']): Promise<void> {
  const connection = new Connection(source, { readOnly: true });
  try {
    schemaVersion(connection);
    await connection.backUp((database) =>
      backup(database, draft, {
        rate: PAGES,
        progress: ({ totalPages, remainingPages }) => onProgress?.(1 - remainingPages / totalPages),
      }),
    );
  } finally {
    connection.close();
  }
}

function markAndCheck(draft: string, now: EpochSeconds): void {
  const database = new DatabaseSync(draft);
  try {
    // One file, without a write-ahead log beside it; the database goes back to that mode when it is opened for use.
    database.exec('PRAGMA journal_mode = DELETE');
    database
      .prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
      .run(BACKUP_MARK, String(now));
    const complaint = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
    if (complaint !== 'ok') throw new StoreUnusableError(`The copy is damaged, and so is the database: ${complaint}`);
  } finally {
    database.close();
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function alreadyThere(target: string): StoreUnusableError {
  return new StoreUnusableError(`${target} is there already; name another file, or remove it`);
}
