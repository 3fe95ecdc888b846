import type { RowChoice, RowRefusal } from '../../core/call-command.ts';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import { type Draft, isOpen } from './draft.ts';
import { arrayOf, type Session } from './session.ts';
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

/** The rows that a command names, once they are in the draft. */
export function namedRows(draft: Draft, choice: Exclude<RowChoice, { filter: CallFilter }>): FoundRows {
  if ('ids' in choice) {
    return { kind: 'rows', rows: choice.ids.map((id, index) => ({ id, index })), missing: [] };
  }
  const rows: NamedRow[] = [];
  const missing: RowRefusal[] = [];
  for (const [index, externalId] of choice.externalIds.entries()) {
    const calls = draft.ofExternalId(choice.projectId, externalId);
    const open = calls.filter(isOpen);
    const last = calls.at(-1);
    if (open.length > 0) rows.push(...open.map(({ id }) => ({ id, index })));
    else if (last !== undefined) rows.push({ id: last.id, index });
    else missing.push({ id: null, index, why: 'not_found', externalId });
  }
  return { kind: 'rows', rows, missing };
}

/** The rows that match, as they are at this moment, if they are as many as expected. */
export async function matchingRows(
  session: Session,
  { filter, expect }: { filter: CallFilter; expect: number },
  moment: Moment,
  projectIds: readonly number[] | null,
): Promise<FoundRows> {
  const where = narrowed(filter, moment, projectIds);
  const matched = (await session.value(`SELECT count(*) FROM calls${whereOf(where)}`, where.values)) as number;
  if (matched !== expect) return { kind: 'unexpected_count', matched };
  const found = await session.all(`SELECT id FROM calls${whereOf(where)} ORDER BY id`, where.values);
  return { kind: 'rows', rows: found.map(([id], index) => ({ id: id as number, index })), missing: [] };
}

/** The filter, among calls of these projects only. @param projectIds null: all projects */
export function narrowed(filter: CallFilter, moment: Moment, projectIds: readonly number[] | null): Condition {
  const ofProjects: Condition =
    projectIds === null
      ? { sql: '', values: [] }
      : { sql: 'project_id = ANY (?::bigint[])', values: [arrayOf(projectIds)] };
  return allOf([whereClause(filter, moment), ofProjects]);
}
