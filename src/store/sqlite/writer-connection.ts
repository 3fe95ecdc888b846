import { Connection } from './connection.ts';

/** Holds the inner pages of all indexes of a million calls, and the leaves that are written again and again. */
const CACHE_MEGABYTES = 64;

/** The connection of whoever writes calls, one in the whole server. */
export function openWriterConnection(path: string): Connection {
  const connection = new Connection(path, { cacheMegabytes: CACHE_MEGABYTES });
  // What a savepoint would have to put back stays in memory instead of going to a file. After 2,000 pages (8 MB) the
  // write-ahead log is copied into the database: with SQLite's 1,000 bulk saves are a tenth slower, with 4,000 those who
  // meet the copying wait for 50 ms instead of 40.
  connection.exec('PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 2000');
  return connection;
}
