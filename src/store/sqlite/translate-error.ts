import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';

/** What SQLite throws through node:sqlite; `errcode` is SQLite's extended result code. */
interface SqliteError extends Error {
  errcode: number;
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && typeof (error as Partial<SqliteError>).errcode === 'number';
}

/** SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY. */
export function isDuplicate(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode === 2067 || error.errcode === 1555);
}

/** Whether a translated error says that another process is writing (SQLITE_BUSY, SQLITE_LOCKED). */
export function isLocked(error: unknown): boolean {
  const cause = error instanceof StoreUnavailableError ? error.cause : undefined;
  return isSqliteError(cause) && ((cause.errcode & 0xff) === 5 || (cause.errcode & 0xff) === 6);
}

/** Whether a translated error says that the disk failed (SQLITE_IOERR). */
export function isDiskFailure(error: unknown): boolean {
  const cause = error instanceof StoreUnavailableError ? error.cause : undefined;
  return isSqliteError(cause) && (cause.errcode & 0xff) === 10;
}

/** SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC. */
export function isSyncFailure(error: unknown): boolean {
  const cause = error instanceof StoreUnavailableError ? error.cause : undefined;
  return isSqliteError(cause) && (cause.errcode === 1034 || cause.errcode === 1290);
}

/** What node:sqlite throws for any use of a connection that was closed. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_INVALID_STATE';
}

/** The error of the store's own family for what SQLite says about the database; anything else comes back as it is. */
export function translateError(error: unknown, path: string): unknown {
  if (isClosed(error)) return new StoreUnavailableError(`The database is closed (${path})`, { cause: error });
  if (!isSqliteError(error)) return error;
  const unavailable = (text: string) => new StoreUnavailableError(`${text} (${path})`, { cause: error });
  const unusable = (text: string) => new StoreUnusableError(`${text} (${path})`, { cause: error });
  switch (error.errcode & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return unavailable('Another process is writing to the database');
    case 13: // SQLITE_FULL
      return unavailable('There is no space left for the database; free some, nothing else is needed');
    case 10: // SQLITE_IOERR
      return unavailable(`The disk of the database fails: ${error.message}`);
    case 8: // SQLITE_READONLY
      return unavailable(
        'The database may not be written to; check the owner and the rights of the file and its folder',
      );
    case 14: // SQLITE_CANTOPEN
      return unusable('The database cannot be opened; check that the folder exists and who may read and write there');
    case 11: // SQLITE_CORRUPT
      return unusable(`The database is damaged: ${error.message}. Stop callqueue and put back a backup`);
    case 26: // SQLITE_NOTADB
      return unusable('The file is no SQLite database; name another file, or put back a backup');
    default:
      return error;
  }
}
