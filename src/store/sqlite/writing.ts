import type { Status } from '../../../client/src/contract.ts';
import type { Call } from '../../core/call.ts';
import type { Change, Happening } from '../../core/call-life.ts';
import type { Derivation, Derived } from '../../core/call-store.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { Connection } from './connection.ts';
import { insertCall } from './insert-calls.ts';
import { updateCall } from './update-call.ts';

/** Who writes what and when, within a transaction that somebody else begins and ends. */
export interface Writing {
  connection: Connection;
  derivation: Derivation;
  /** As it stands in the history. */
  actor: string;
  now: EpochSeconds;
}

/** Stores what a decision of call-life.ts made of a call: row, history and change feed. */
export function writeChange(writing: Writing, before: Call, { call, happening }: Change): void {
  updateCall(writing.connection, writing.derivation, before, call);
  writing.connection.run(INSERT_NEXT_ENTRY, [call.id, ...entryOf(writing, before.status, call.status, happening)]);
  writeFeed(writing, call);
}

/** Stores a new call: row, the first entry of its history, and change feed. */
export function writeCreation(writing: Writing, call: Call, happening: Happening, derived: Derived): void {
  insertCall(writing.connection, call, derived);
  writing.connection.run(INSERT_FIRST_ENTRY, [call.id, ...entryOf(writing, null, call.status, happening)]);
  writeFeed(writing, call);
}

const ENTRY = 'call_id, number, at, actor, event, from_status, to_status, reason, facts';
const INSERT_FIRST_ENTRY = `INSERT INTO history (${ENTRY}) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)`;
const INSERT_NEXT_ENTRY = `INSERT INTO history (${ENTRY})
  SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM history WHERE call_id = ?1`;

function entryOf({ actor, now }: Writing, from: Status | null, to: Status, { event, reason, facts }: Happening) {
  const isTelling = facts !== undefined && Object.keys(facts).length > 0;
  return [now, actor, event, from, to, reason ?? null, isTelling ? JSON.stringify(facts) : null];
}

function writeFeed({ connection, now }: Writing, { id, projectId }: Call): void {
  connection.run('INSERT INTO changes (call_id, project_id, at) VALUES (?, ?, ?)', [id, projectId, now]);
}
