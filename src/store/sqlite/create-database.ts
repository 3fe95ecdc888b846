import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreUnusableError } from '../../core/errors.ts';
import { Connection } from './connection.ts';
import { migrate } from './migrate.ts';
import { syncFolder } from './sync-folder.ts';

/**
 * Makes an empty database with its schema, and its folder. It gets its name only when it is complete: a file under that
 * name is then always a whole database, and one that is empty or cut short is known to be damaged. When another process
 * was faster, that one's stays.
 * @throws StoreUnusableError when it cannot be made there
 */
export async function createDatabase(path: string): Promise<void> {
  const draft = `${path}.new-${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    // It will hold customers' numbers, so only its owner may read it. SQLite gives the files beside it the same rights.
    writeFileSync(draft, '', { mode: 0o600, flag: 'wx' });
    await fill(draft);
    linkSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(path)) return;
    if (error instanceof StoreUnusableError) throw error;
    throw new StoreUnusableError(`The database ${path} cannot be made: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(draft + suffix)) rmSync(draft + suffix);
    }
  }
}

async function fill(draft: string): Promise<void> {
  const connection = new Connection(draft);
  try {
    connection.exec('PRAGMA journal_mode = WAL');
    await migrate(connection, { lockWaitMs: 0 });
  } finally {
    connection.close();
  }
}
