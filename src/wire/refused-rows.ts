import type { Problem } from '../../client/src/contract.ts';
import type { RowRefusal } from '../core/call-command.ts';
import type { Conflict } from '../core/call-life.ts';
import { inData, inRow, messages } from './messages.ts';
import { Refusal } from './refusal.ts';
import { type RowStyle, rowOf, timeOf } from './row.ts';

/**
 * Why nothing was done, every call named that stands in the way: 404 when one of them does not exist (for this token),
 * else 409.
 *
 * @param isUpdate the calls were brought in a list, whose rows are counted from 1
 */
export function refusalOfRows(rows: readonly RowRefusal[], style: RowStyle, isUpdate: boolean): Refusal {
  const problems = rows.map((row) => {
    const found = problemOf(row, style);
    return isUpdate ? inRow('Update', row.index + 1, found) : inData(found);
  });
  return new Refusal(rows.some(({ why }) => why === 'not_found') ? 404 : 409, problems);
}

function problemOf(row: RowRefusal, style: RowStyle): Problem {
  const id = row.id ?? 0;
  if (row.why === 'duplicate') return messages.duplicateCall(id, row.of);
  if (row.why === 'conflict') return problemOfConflict(id, row.conflict, style);
  return row.externalId === undefined ? messages.unknownCall(id) : messages.unknownExternalId(row.externalId);
}

function problemOfConflict(id: number, conflict: Conflict, style: RowStyle): Problem {
  switch (conflict.why) {
    case 'status':
      return messages.wrongStatus(id, conflict.status);
    case 'being_dialled':
      return messages.beingDialled(id);
    case 'held':
      return messages.held(id, conflict.by, conflict.until === null ? null : timeOf(conflict.until, style));
    case 'not_held':
      return messages.notHeld(id);
    case 'changed_since':
      return {
        ...messages.changedSince(id, timeOf(conflict.call.updatedAt, style)),
        call: rowOf(conflict.call, style),
      };
    case 'retries_used':
      return messages.retriesUsed(id, conflict.maxRetries);
    case 'destination_missing':
      return messages.destinationMissing(id);
  }
}
