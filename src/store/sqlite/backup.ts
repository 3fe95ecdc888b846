import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { BACKUP_PLACE } from '../../core/backup-place.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { CallQueueError, StoreUnusableError } from '../../core/errors.ts';
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

export interface MadeBackup {
  bytes: number;
  /** Whether the database knows of the copy by now; false when it could not be written to. */
  isNoted: boolean;
}

/** Pages a step; between steps the process does its other work. */
const PAGES = 1_000;

/**
 * Makes a copy as of one moment while others read and write. It gets its name only when it is complete, checked and
 * on the disk. The database is told of it, so that `system` can say how old the last one is.
 * @throws StoreUnusableError when the target exists or cannot be written, or the database is damaged
 */
export async function backUp({ source, target, now, onProgress }: BackUpOptions): Promise<MadeBackup> {
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
    return { bytes: statSync(target).size, isNoted: await note(source, now) };
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

/** How long to wait while others write. */
const NOTE_WAIT_MS = 5000;

/** A copy is good whether or not this works: another process may be writing for long, the schema may be an older one. */
async function note(source: string, now: EpochSeconds): Promise<boolean> {
  try {
    const connection = new Connection(source);
    try {
      const { pbx, reader } = BACKUP_PLACE;
      await connection.write(() => {
        connection.run('INSERT OR REPLACE INTO read_places (pbx, reader, place, at) VALUES (?, ?, ?, ?)', [
          pbx,
          reader,
          String(now),
          now,
        ]);
      }, NOTE_WAIT_MS);
      return true;
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof CallQueueError || (error as NodeJS.ErrnoException).code === 'ERR_SQLITE_ERROR') return false;
    throw error;
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
