import type { Call } from '../../core/call.ts';
import type { CommandOutcome, RowRefusal, UpdateCommand } from '../../core/call-command.ts';
import { type Change, type Decision, edit } from '../../core/call-life.ts';
import { isOpen } from './draft.ts';
import type { FoundRows, NamedRow } from './find-rows.ts';
import { numberReversedOf, type Writing, writeChange } from './writing.ts';

/** What of the list exists for whoever acts; null: all projects. */
export type VisibleProjects = readonly number[] | null;

/** Does the same to all rows that are named. */
export function changeCalls(
  writing: Writing,
  found: FoundRows,
  projectIds: VisibleProjects,
  decide: (call: Call) => Decision,
): CommandOutcome {
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
  for (const { id, index } of rows) {
    const call = writing.draft.find(id);
    if (call === undefined || !(projectIds?.includes(call.projectId) ?? true)) {
      refusals.push({ id, index, why: 'not_found' });
      continue;
    }
    const decision = decide(call, index);
    if (decision.kind === 'conflict') refusals.push({ id, index, why: 'conflict', conflict: decision });
    if (decision.kind !== 'change') continue;
    const twin = openTwin(writing, call, decision);
    if (twin === undefined) writeChange(writing, call, decision);
    else refusals.push({ id, index, why: 'duplicate', of: twin });
  }
  if (refusals.length > 0) return { kind: 'refused', rows: refusals.sort((a, b) => a.index - b.index) };
  return { kind: 'calls', calls: rows.map(({ id }) => writing.draft.find(id) as Call) };
}

/** The id of the open call that it would be the same as. load-draft.ts has brought it in, where keys are edited. */
function openTwin(writing: Writing, before: Call, { call }: Change): number | undefined {
  const { projectId, externalId, source } = call;
  if (!isOpen(call) || (before.externalId === externalId && before.callerId === call.callerId)) return undefined;
  const { draft } = writing;
  const number = numberReversedOf(writing, call);
  const others = externalId === null ? [] : draft.alike(projectId, externalId, number);
  const twin = others.find((other) => isOpen(other) && other.id !== call.id);
  const item = source === 'missed_call' ? draft.openItem(projectId, number) : undefined;
  return twin?.id ?? (item?.id === call.id ? undefined : item?.id);
}
