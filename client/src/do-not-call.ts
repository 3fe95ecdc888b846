import type { DoNotCallOutcome } from './words.ts';

/** The do-not-call list as it travels. Imported through contract.ts. */

/** One number or several, at most 10,000, in any form. */
export type NumbersData = string | number | readonly (string | number)[];

/** `data` of `action=do_not_call`: one of `add`, `remove`, `list`. */
export type DoNotCallData = {
  /** Whose entries; not given: those for all projects, and in a list all that the token may see. */
  project_id?: number | null;
} & (
  | {
      add: NumbersData;
      reason?: string | null;
      /** From this time on they may be called again. */
      until?: string | null;
    }
  | { remove: NumbersData }
  | {
      /** true: all; or whether these are on the list. */
      list: true | NumbersData;
      page?: number | null;
      /** 1 to 1000, default 100. */
      page_size?: number | null;
    }
);

/** A number that is not to be called. */
export interface DoNotCallRow {
  /** In international form where the country is known. */
  number: string;
  /** Null: it holds for all projects. */
  project_id: number | null;
  reason: string | null;
  /** Null: for good. */
  until: string | null;
  /** Null: there was no entry. */
  added_by: string | null;
  added_at: string | null;
  /** What became of it; not in a list. */
  outcome?: DoNotCallOutcome;
}
