import { OPEN_STATUSES } from '../../core/call.ts';
import type { RowChoice, RowRefusal } from '../../core/call-command.ts';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import { countBySql } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { literals } from './literals.ts';
import { allOf, type Condition, whereClause, whereOf } from './where-clause.ts';

/** A row that a command names. */
export interface NamedRow {
  id: number;
  /** Place in the command, from 0. */
  index: number;
}

export type FoundRows =
  | { kind: 'rows'; rows: readonly NamedRow[]; missing: readonly RowRefusal[] }
  | { kind: 'unexpected_count'; matched: number };

/** The rows that a command is about. Ids are not looked up here. @param projectIds null: all projects */
export function findRows(
  connection: Connection,
  choice: RowChoice,
  moment: Moment,
  projectIds: readonly number[] | null,
): FoundRows {
  if ('ids' in choice) {
    return { kind: 'rows', rows: choice.ids.map((id, index) => ({ id, index })), missing: [] };
  }
  if ('externalIds' in choice) return byExternalIds(connection, choice);
  const where = narrowed(choice.filter, moment, projectIds);
  const matched = countBySql(connection, where);
  if (matched !== choice.expect) return { kind: 'unexpected_count', matched };
  const found = connection.all(`SELECT id FROM calls${whereOf(where)} ORDER BY +id`, where.values);
  return { kind: 'rows', rows: found.map(([id], index) => ({ id: id as number, index })), missing: [] };
}

/** The filter, among calls of these projects only. */
export function narrowed(filter: CallFilter, moment: Moment, projectIds: readonly number[] | null): Condition {
  return allOf([whereClause(filter, moment), projectIds === null ? whereClause({}, moment) : ofProjects(projectIds)]);
}

function ofProjects(projectIds: readonly number[]): Condition {
  return { sql: 'project_id IN (SELECT value FROM json_each(?))', values: [JSON.stringify(projectIds)] };
}

const SELECT_OPEN = `SELECT id FROM calls INDEXED BY calls_open
  WHERE project_id = ? AND external_id = ? AND status IN (${literals(OPEN_STATUSES)}) ORDER BY id`;
const SELECT_LAST = `SELECT max(id) FROM calls INDEXED BY calls_by_external_id WHERE external_id = ? AND project_id = ?`;

function byExternalIds(
  connection: Connection,
  { projectId, externalIds }: { projectId: number; externalIds: readonly string[] },
): FoundRows {
  const rows: NamedRow[] = [];
  const missing: RowRefusal[] = [];
  for (const [index, externalId] of externalIds.entries()) {
    const open = connection.all(SELECT_OPEN, [projectId, externalId]).map(([id]) => id as number);
    const last = connection.value(SELECT_LAST, [externalId, projectId]) as number | null;
    if (open.length > 0) rows.push(...open.map((id) => ({ id, index })));
    else if (last !== null) rows.push({ id: last, index });
    else missing.push({ id: null, index, why: 'not_found', externalId });
  }
  return { kind: 'rows', rows, missing };
}
