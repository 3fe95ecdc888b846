import type { DoNotCallOutcome } from '../../client/src/contract.ts';
import type { EpochSeconds } from './clock.ts';
import { normalizeNumber } from './phone-number.ts';
import type { Projects } from './project.ts';

/** A number that is not to be called. */
export interface DoNotCallEntry {
  /** As it is compared (phone-number.ts). */
  number: string;
  /** Null: it holds for all projects. */
  projectId: number | null;
  reason: string | null;
  /** From this instant on it no longer holds; null: it holds for good. */
  until: EpochSeconds | null;
  addedBy: string;
  addedAt: EpochSeconds;
}

/** Puts numbers on the list; on it already, they take this reason and end. */
export interface AddDoNotCallCommand {
  kind: 'add_do_not_call';
  /** Null: for all projects. */
  projectId: number | null;
  /** In any form; at most 10,000. */
  numbers: readonly string[];
  reason: string | null;
  until: EpochSeconds | null;
}

/** Takes numbers from the list: entries of this project, or those for all projects (null), not both. */
export interface RemoveDoNotCallCommand {
  kind: 'remove_do_not_call';
  projectId: number | null;
  numbers: readonly string[];
}

/** What became of one number of a command. */
export interface DoNotCallChange {
  outcome: DoNotCallOutcome;
  number: string;
  projectId: number | null;
  /** As it is now, or was before it was removed; null: there is none. */
  entry: DoNotCallEntry | null;
}

export interface DoNotCallQuestion {
  now: EpochSeconds;
  /** Entries of these projects alone, without those for all; null: every entry. */
  projectIds: readonly number[] | null;
  /** Only these, as they are compared; null: all. */
  numbers: readonly string[] | null;
  /** From 1. */
  page: number;
  limit: number;
}

export interface DoNotCallPage {
  rowCount: number;
  entries: DoNotCallEntry[];
}

/** What the core needs from storage to tell who is not to be called. */
export interface DoNotCallList {
  /** Entries that hold, newest first. */
  doNotCall(question: DoNotCallQuestion): Promise<DoNotCallPage>;
}

/**
 * The forms in which projects may keep a number, for one of them or for all (null): a national number is another one in
 * each country. In international form it is the same everywhere.
 */
export function numberReadings(number: string, projectId: number | null, projects: Projects): string[] {
  const readers = projectId === null && projects.size > 0 ? [...projects.values()] : [projects.get(projectId ?? 0)];
  return [...new Set(readers.map((project) => normalizeNumber(number, project?.country)))];
}
