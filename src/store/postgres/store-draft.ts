import { setImmediate as turn } from 'node:timers/promises';
import type { Derivation } from '../../core/call-store.ts';
import { LEGS_KEPT_SECONDS } from '../../core/capture-command.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { CaptureDraft } from './capture-draft.ts';
import { ALL_COLUMNS, allValues } from './derived-values.ts';
import type { Draft, DraftEntry } from './draft.ts';
import type { Drafts } from './drafts.ts';
import { insertRepeats } from './repeats.ts';
import type { SqlValue } from './row-columns.ts';
import { arrayOf, type Session, type Statement } from './session.ts';

/** Rows a statement. They travel as one JSON value. */
const BATCH = 1_000;

export const CHANGES_CHANNEL = 'callqueue_changes';

/** Writes what there is of rows and history, so that statements of the same transaction see it. */
export async function storeRows(session: Session, derivation: Derivation, draft: Draft): Promise<void> {
  await session.together(await rowStatements(derivation, draft));
  draft.created.clear();
  draft.updated.clear();
  draft.entries.length = 0;
}

/** All that is left to write, but the change feed. */
export async function draftStatements(
  derivation: Derivation,
  { draft, capture, doNotCall }: Drafts,
): Promise<Statement[]> {
  return [
    ...(await rowStatements(derivation, draft)),
    ...captureStatements(capture),
    ...doNotCall.statements(),
    ...insertRepeats([...draft.repeats.values()]),
    ...draft.statements,
    ...draft.countChange().statements(),
  ];
}

/** Written batch by batch, so that others have their turn between: a thousand rows take some ten milliseconds. */
async function rowStatements(derivation: Derivation, draft: Draft): Promise<Statement[]> {
  const isLong = draft.updated.size + draft.created.size > BATCH || draft.entries.length > BATCH;
  const statements: Statement[] = [];
  const writeEach = async <T>(rows: readonly T[], write: (batch: readonly T[]) => readonly Statement[]) => {
    for (const batch of batches(rows)) {
      if (isLong) await turn();
      statements.push(...write(batch));
    }
  };
  // What is changed comes first: a call that is closed makes room for one that is the same.
  await writeEach([...draft.updated.keys()], (ids) => writeCalls(derivation, draft, ids, UPDATE));
  await writeEach([...draft.created.keys()], (ids) => writeCalls(derivation, draft, ids, INSERT));
  await writeEach(placed(draft.entries), (entries) => [insertEntries(entries)]);
  return statements;
}

const COLUMNS = ALL_COLUMNS.join(', ');
const INSERT = {
  calls: `INSERT INTO calls (${COLUMNS}) SELECT ${COLUMNS} FROM json_populate_recordset(NULL::calls, ?)`,
  bodies: 'INSERT INTO bodies (id, json) SELECT id, json FROM json_populate_recordset(NULL::bodies, ?)',
};
const UPDATE = {
  calls: `UPDATE calls SET (${COLUMNS}) = (${ALL_COLUMNS.map((column) => `changed.${column}`).join(', ')})
    FROM json_populate_recordset(NULL::calls, ?) AS changed WHERE calls.id = changed.id`,
  bodies: `UPDATE bodies SET json = changed.json
    FROM json_populate_recordset(NULL::bodies, ?) AS changed WHERE bodies.id = changed.id`,
};

function writeCalls(
  derivation: Derivation,
  draft: Draft,
  ids: readonly number[],
  sql: typeof INSERT,
): [Statement, Statement] {
  const rows: Record<string, SqlValue>[] = [];
  const bodies: { id: number; json: string }[] = [];
  for (const id of ids) {
    const call = draft.find(id);
    if (call === undefined) throw new Error(`Call ${id} is to be written and is not there`);
    const derived = derivation.derive(call);
    rows.push(allValues(call, derived));
    bodies.push({ id, json: derived.json });
  }
  return [
    { sql: sql.calls, values: [JSON.stringify(rows)] },
    { sql: sql.bodies, values: [JSON.stringify(bodies)] },
  ];
}

/** Entries with their place among those of the same call, from 1. */
function placed(entries: readonly DraftEntry[]): object[] {
  const places = new Map<number, number>();
  return entries.map(({ callId, at, actor, event, from, to, reason, facts }) => {
    const place = (places.get(callId) ?? 0) + 1;
    places.set(callId, place);
    const isTelling = Object.keys(facts).length > 0;
    return {
      ...{ call_id: callId, place, at, actor, event, from_status: from, to_status: to, reason },
      facts: isTelling ? JSON.stringify(facts) : null,
    };
  });
}

/** Nobody else adds to the history of a call that this transaction holds. */
function insertEntries(entries: readonly object[]): Statement {
  return {
    sql: `INSERT INTO history (call_id, number, at, actor, event, from_status, to_status, reason, facts)
      SELECT call_id, place + coalesce((SELECT max(number) FROM history WHERE history.call_id = entry.call_id), 0),
        at, actor, event, from_status, to_status, reason, facts
      FROM json_to_recordset(?) AS entry (call_id bigint, place bigint, at bigint, actor text, event text,
        from_status text, to_status text, reason text, facts text)`,
    values: [JSON.stringify(entries)],
  };
}

/**
 * Writes the change feed, tells all instances the number of the newest change once the transaction is committed, and answers
 * it. Last of all and written out, so that it can be sent together with the commit: whoever has changed the counters holds up
 * everybody else.
 */
export function publish({ changes, lastId }: Draft): string {
  const list = (values: readonly number[]) => `'${arrayOf(values)}'::bigint[]`;
  return `WITH given AS (
      UPDATE counters SET last_id = greatest(last_id, ${lastId}), last_sequence = last_sequence + ${changes.length}
        RETURNING last_sequence
    ), entered AS (
      INSERT INTO changes (sequence, call_id, project_id, at)
        SELECT last_sequence - ${changes.length} + place, call_id, project_id, at FROM given CROSS JOIN
          ROWS FROM (unnest(${list(changes.map(({ callId }) => callId))}),
            unnest(${list(changes.map(({ projectId }) => projectId))}), unnest(${list(changes.map(({ at }) => at))}))
          WITH ORDINALITY AS change (call_id, project_id, at, place)
    )
    SELECT last_sequence, ${notifyOf('last_sequence')} FROM given`;
}

/** The same without the feed, for those who have written it. */
export function notify(): Statement {
  return { sql: `SELECT last_sequence, ${notifyOf('last_sequence')} FROM counters` };
}

function notifyOf(sequence: string): string {
  return `pg_notify('${CHANGES_CHANNEL}', ${sequence}::text)`;
}

function captureStatements({ newLegs, newReached, unlisted, newChannels }: CaptureDraft): Statement[] {
  const statements: Statement[] = [];
  if (newLegs.size > 0) {
    const legs = [...newLegs.values()];
    statements.push({
      sql: 'INSERT INTO seen_legs SELECT * FROM json_populate_recordset(NULL::seen_legs, ?)',
      values: [
        JSON.stringify(
          legs.map(({ pbx, legId, verdict, at, heardAt }) => ({ pbx, leg_id: legId, verdict, at, heard_at: heardAt })),
        ),
      ],
    });
    statements.push(...forgetOldLegs(Math.max(...legs.map(({ heardAt }) => heardAt)), legs.length));
  }
  if (newReached.size > 0) {
    statements.push({
      sql: `INSERT INTO last_reached AS known SELECT * FROM json_populate_recordset(NULL::last_reached, ?)
        ON CONFLICT (project_id, number) DO UPDATE SET at = excluded.at, how = excluded.how,
          heard_at = excluded.heard_at WHERE excluded.at > known.at`,
      values: [
        JSON.stringify(
          [...newReached.values()].map(({ projectId, number, at, how, heardAt }) => ({
            ...{ project_id: projectId, number, at, how, heard_at: heardAt },
          })),
        ),
      ],
    });
  }
  if (unlisted.size > 0) {
    statements.push({
      sql: `INSERT INTO unlisted_misses AS known SELECT * FROM json_populate_recordset(NULL::unlisted_misses, ?)
        ON CONFLICT (hour, project_id, why) DO UPDATE SET count = known.count + excluded.count,
          last_at = greatest(known.last_at, excluded.last_at)`,
      values: [
        JSON.stringify(
          [...unlisted.values()].map(({ projectId, why, hour, count, lastAt }) => ({
            ...{ project_id: projectId, why, hour, count, last_at: lastAt },
          })),
        ),
      ],
    });
  }
  if (newChannels.size > 0) {
    statements.push({
      sql: `INSERT INTO own_channels SELECT * FROM json_populate_recordset(NULL::own_channels, ?) ON CONFLICT DO NOTHING`,
      values: [JSON.stringify([...newChannels].map(([id, at]) => ({ channel_id: id, heard_at: at })))],
    });
  }
  return statements;
}

/** Of each table a few for every new leg, so that nothing has to be tidied at some other time. */
const FORGOTTEN_WITH_EACH = 4;
/** Longer than legs are taken in, so that no clock that is set right brings a forgotten leg back. */
const MARGIN_SECONDS = 2 * 86_400;

const FORGET = [
  ['seen_legs', 'pbx, leg_id, verdict'],
  ['last_reached', 'project_id, number'],
  ['own_channels', 'channel_id'],
].map(
  ([table, key]) =>
    `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE heard_at < ? ORDER BY heard_at LIMIT ?)`,
);

function forgetOldLegs(now: EpochSeconds, legs: number): Statement[] {
  const values = [now - LEGS_KEPT_SECONDS - MARGIN_SECONDS, legs * FORGOTTEN_WITH_EACH];
  return FORGET.map((sql) => ({ sql, values }));
}

function batches<T>(list: readonly T[]): T[][] {
  const all: T[][] = [];
  for (let from = 0; from < list.length; from += BATCH) all.push(list.slice(from, from + BATCH));
  return all;
}
