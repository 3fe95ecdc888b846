import { existsSync, statSync } from 'node:fs';
import { StoreUnusableError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';

/** Before 3.51.3 a race around the write-ahead log could damage a database. */
const OLDEST_SQLITE = '3.51.3';
/** Up to this size the whole file is looked at, which takes about a tenth of a second; `doctor` does it at any size. */
const CHECKED_BYTES = 16 * 1024 ** 2;

/** Before the database is opened. @throws StoreUnusableError */
export function checkFile(path: string): void {
  if (!existsSync(path)) {
    throw new StoreUnusableError(`There is no database ${path}; the first start of the server makes it`);
  }
  // createDatabase never leaves one, so there were calls in it, and an empty list would be the wrong answer.
  if (statSync(path).size === 0) {
    throw new StoreUnusableError(`${path} is empty, so it was damaged: put back a backup, or remove it to begin anew`);
  }
}

/** After the database was opened. @throws StoreUnusableError */
export function checkDatabase(connection: Connection): void {
  const { path } = connection;
  const version = String(connection.value('SELECT sqlite_version()'));
  if (isOlder(version, OLDEST_SQLITE)) {
    throw new StoreUnusableError(`SQLite ${version} is too old, ${OLDEST_SQLITE} is needed; use a newer Node.js`);
  }
  const bytes = Number(connection.value('PRAGMA page_count')) * Number(connection.value('PRAGMA page_size'));
  const { size } = statSync(path);
  // What the write-ahead log still holds is not in the file yet; without one the file must be whole.
  const hasLog = existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
  if (!hasLog && size < bytes) throw damaged(path, `${size} bytes of ${bytes} are left`);
  if (bytes > CHECKED_BYTES) return;
  const complaint = connection.value('PRAGMA quick_check(1)');
  if (complaint !== 'ok') throw damaged(path, String(complaint));
}

function damaged(path: string, what: string): StoreUnusableError {
  return new StoreUnusableError(`The database is damaged: ${what}. Stop callqueue and put back a backup (${path})`);
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}
