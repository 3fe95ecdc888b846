import type { Command } from '../../core/call-command.ts';

/**
 * Commands that are carried out together, each lane in its own transactions.
 *
 * `creating`: whatever may make a call, or may make one the same as another. Only one transaction of all instances does so
 * at a time, as ids are to become visible in their order, and what is decided by looking for the like of a call is to hold
 * when it is written; nor is a miss to come between a number and the do-not-call list. The others go on meanwhile, also while an import makes calls for minutes.
 * `claiming`: the best due call of a filter. `filtering`: all calls of a filter, one such command at a time. `changing`: calls
 * that are named.
 */
export const LANES = ['creating', 'claiming', 'filtering', 'changing'] as const;
export type Lane = (typeof LANES)[number];

export function laneOf(command: Command): Lane {
  switch (command.kind) {
    case 'save':
    case 'record_missed':
    case 'record_reached':
    case 'record_own_channels':
    case 'add_do_not_call':
    case 'remove_do_not_call':
      return 'creating';
    case 'update':
      return command.edits.some(({ content }) => 'callerId' in content || 'externalId' in content)
        ? 'creating'
        : 'changing';
    case 'claim':
      return 'id' in command.choose ? 'changing' : 'claiming';
    case 'cancel':
    case 'delete':
      return 'filter' in command.rows ? 'filtering' : 'changing';
    default:
      return 'changing';
  }
}

/** About how many rows a command touches. */
export function weightOf(command: Command): number {
  if (command.kind === 'save') return command.calls.length;
  if (command.kind === 'update') return command.edits.length;
  if ('numbers' in command) return command.numbers.length;
  if (command.kind !== 'cancel' && command.kind !== 'delete') return 1;
  const { rows } = command;
  if ('ids' in rows) return rows.ids.length;
  return 'externalIds' in rows ? rows.externalIds.length : Math.max(rows.expect, 1_000);
}
