import type { Call } from '../../core/call.ts';
import { OPEN_STATUSES } from '../../core/call.ts';
import type { CommandOutcome, RowChoice, RowRefusal, UpdateCommand } from '../../core/call-command.ts';
import type { Moment } from '../../core/call-filter.ts';
import { type Change, type Decision, edit } from '../../core/call-life.ts';
import { reversed } from '../../core/search-text.ts';
import { findRows, type NamedRow } from './find-rows.ts';
import { literals } from './literals.ts';
import { findCall } from './read-calls.ts';
import { openItem } from './record-missed.ts';
import { isDuplicate } from './translate-error.ts';
import { type Writing, writeChange } from './writing.ts';

/** What of the list exists for whoever acts; null: all projects. */
export type VisibleProjects = readonly number[] | null;

/** Does the same to all rows that are named. */
export function changeCalls(
  writing: Writing,
  choice: RowChoice,
  moment: Moment,
  projectIds: VisibleProjects,
  decide: (call: Call) => Decision,
): CommandOutcome {
  const found = findRows(writing.connection, choice, moment, projectIds);
  if (found.kind === 'unexpected_count') return found;
  return changeRows(writing, found.rows, projectIds, decide, found.missing);
}

export function updateCalls(writing: Writing, { edits }: UpdateCommand, projectIds: VisibleProjects): CommandOutcome {
  const rows = edits.map(({ id }, index) => ({ id, index }));
  return changeRows(writing, rows, projectIds, (call, index) => {
    const asked = edits[index];
    if (asked === undefined) throw new RangeError(`There is no edit ${index}`);
    return edit(call, asked.content, writing.now, asked.expectedUpdatedAt);
  });
}

export function changeCall(
  writing: Writing,
  id: number,
  projectIds: VisibleProjects,
  decide: (call: Call) => Decision,
): CommandOutcome {
  return changeRows(writing, [{ id, index: 0 }], projectIds, decide);
}

/** Goes on after a refusal, so that all of them are named; the caller then undoes what was written. */
function changeRows(
  writing: Writing,
  rows: readonly NamedRow[],
  projectIds: VisibleProjects,
  decide: (call: Call, index: number) => Decision,
  missing: readonly RowRefusal[] = [],
): CommandOutcome {
  const refusals = [...missing];
  const calls = new Map<number, Call>();
  for (const { id, index } of rows) {
    const call = calls.get(id) ?? findCall(writing.connection, id);
    if (call === undefined || !(projectIds?.includes(call.projectId) ?? true)) {
      refusals.push({ id, index, why: 'not_found' });
      continue;
    }
    const decision = decide(call, index);
    if (decision.kind === 'conflict') refusals.push({ id, index, why: 'conflict', conflict: decision });
    else if (decision.kind === 'unchanged') calls.set(id, call);
    else {
      const twin = change(writing, call, decision);
      if (twin === undefined) calls.set(id, decision.call);
      else refusals.push({ id, index, why: 'duplicate', of: twin });
    }
  }
  if (refusals.length > 0) return { kind: 'refused', rows: refusals.sort((a, b) => a.index - b.index) };
  return { kind: 'calls', calls: rows.map(({ id }) => calls.get(id) as Call) };
}

/** @returns the id of the open call that it would be the same as; nothing is changed then */
function change(writing: Writing, before: Call, decision: Change): number | undefined {
  try {
    writeChange(writing, before, decision);
    return undefined;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const twin = openTwin(writing, decision.call);
    if (twin === undefined) throw error;
    return twin;
  }
}

function openTwin({ connection, derivation }: Writing, call: Call): number | undefined {
  const { callerNumber } = derivation.derive(call);
  const twin = connection.get(
    `SELECT id FROM calls INDEXED BY calls_open WHERE project_id = ? AND external_id = ? AND caller_number_reversed = ?
      AND status IN (${literals(OPEN_STATUSES)})`,
    [call.projectId, call.externalId, reversed(callerNumber)],
  )?.[0] as number | undefined;
  return twin ?? (call.source === 'missed_call' ? openItem(connection, call.projectId, callerNumber)?.id : undefined);
}
