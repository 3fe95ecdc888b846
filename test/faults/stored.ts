import { DatabaseSync } from 'node:sqlite';
import type { Client, Row } from '#client';

/** Everything there is, once nobody changes anything any more. */
export interface Stored {
  /** As the API answers them. */
  rows: Row[];
  history: Entry[];
  feed: { sequence: number; callId: number }[];
  /** What SQLite finds wrong with the file. */
  damage: string[];
}

/** One line of a call's history, numbered from 1. Instants in seconds since the epoch. */
export interface Entry {
  callId: number;
  number: number;
  at: number;
  actor: string;
  event: string;
  from: string | null;
  to: string | null;
}

export async function readStored(client: Client, database: string): Promise<Stored> {
  const rows: Row[] = [];
  for await (const row of client.calls({}, { timeFormat: 'rfc3339' })) rows.push(row);
  return { rows, ...readJournal(database) };
}

/** History and feed, from the file itself; it may be a copy. */
export function readJournal(database: string): Omit<Stored, 'rows'> {
  const connection = new DatabaseSync(database, { readOnly: true });
  try {
    const all = <T>(sql: string) => connection.prepare(sql).all() as unknown as T[];
    return {
      history: all(`SELECT call_id AS callId, number, at, actor, event, from_status AS "from", to_status AS "to"
        FROM history ORDER BY call_id, number`),
      feed: all('SELECT sequence, call_id AS callId FROM changes ORDER BY sequence'),
      damage: all<{ integrity_check: string }>('PRAGMA integrity_check')
        .map(({ integrity_check }) => integrity_check)
        .filter((text) => text !== 'ok'),
    };
  } finally {
    connection.close();
  }
}
