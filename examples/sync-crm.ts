/**
 * Keeps a copy of the list in a SQLite file, as a CRM would in its own tables, and prints what changes: sequence, id,
 * status, number.
 *
 *     API_URL=https://pbx.example.com API_TOKEN=… API_KEY=… node examples/sync-crm.ts crm.db [--once]
 *
 * With --once it ends when the copy is up to date; otherwise it listens until it is stopped. It may be killed at any
 * moment: a change and the place reached are stored together, so the next start goes on exactly there.
 *
 * In a project of your own: npm install @callqueue/client, and import from that name.
 */
import { DatabaseSync } from 'node:sqlite';
import { type ChangeRow, createClient, FeedResetError, type Row } from '#client';

const [path = 'crm.db', mode] = process.argv.slice(2);

const client = createClient({
  url: process.env.API_URL ?? 'http://127.0.0.1:8080',
  token: process.env.API_TOKEN ?? '',
  key: process.env.API_KEY,
});

const copy = new DatabaseSync(path);
copy.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY, status TEXT NOT NULL, row TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS place (since INTEGER NOT NULL) STRICT;
  INSERT INTO place SELECT 0 WHERE NOT EXISTS (SELECT * FROM place);
`);
const put = copy.prepare('INSERT OR REPLACE INTO calls (id, status, row) VALUES (?, ?, ?)');
const setSince = copy.prepare('UPDATE place SET since = ?');
const getSince = copy.prepare('SELECT since FROM place');

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

try {
  for (;;) {
    try {
      await followChanges();
      break;
    } catch (error) {
      if (!(error instanceof FeedResetError)) throw error;
      await readEverything(error.nextSince);
    }
  }
} catch (error) {
  if (!stop.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  copy.close();
}

async function followChanges(): Promise<void> {
  const since = Number(getSince.get()?.since);
  const changes = client.changes({
    since,
    live: mode !== '--once',
    follow: mode !== '--once',
    signal: stop.signal,
    onRetry: (error, delayMs) => console.error(`${error.message}; again in ${delayMs} ms`),
  });
  for await (const change of changes) {
    copy.exec('BEGIN');
    store(change);
    setSince.run(change.sequence);
    copy.exec('COMMIT');
    console.log([change.sequence, change.id, change.status, change.caller_id].join('\t'));
  }
}

/** The first start on an old list, or a server that no longer knows what we missed. What changes meanwhile comes next. */
async function readEverything(nextSince: number): Promise<void> {
  let count = 0;
  copy.exec('BEGIN');
  try {
    copy.exec('DELETE FROM calls');
    for await (const row of client.calls({}, { signal: stop.signal })) {
      store(row);
      count += 1;
    }
    setSince.run(nextSince);
    copy.exec('COMMIT');
  } catch (error) {
    copy.exec('ROLLBACK');
    throw error;
  }
  console.log(`read all ${count} calls`);
}

/** The same change twice leaves the same copy. `sequence` belongs to the change, not to the call. */
function store({ sequence: _, ...row }: Row & Partial<Pick<ChangeRow, 'sequence'>>): void {
  put.run(row.id, row.status, JSON.stringify(row));
}
