import { Connection } from './connection.ts';

/** Holds the inner pages of all indexes of a million calls, and the leaves that are written again and again. */
const CACHE_MEGABYTES = 64;

/** The connection of whoever writes calls, one in the whole server. */
export function openWriterConnection(path: string): Connection {
  const connection = new Connection(path, { cacheMegabytes: CACHE_MEGABYTES });
  // What a savepoint would have to put back stays in memory instead of going to a file.
  connection.exec('PRAGMA temp_store = MEMORY');
  return connection;
}
