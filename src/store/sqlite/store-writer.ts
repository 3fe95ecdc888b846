import type { Command } from '../../core/call-command.ts';
import type { Derivation } from '../../core/call-store.ts';
import type { CallWriter, Tidied } from '../../core/call-writer.ts';
import { mendCounts } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { createDerivedGuard } from './derived.ts';
import { executeCommand } from './execute-command.ts';
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts';
import { type Place, type TidyStep, tidyTasks } from './tidy.ts';
import { isLocked } from './translate-error.ts';

/** The one that writes calls, in this thread or in another. */
export interface StoreWriter extends CallWriter {
  /** Writes something, down to the disk. That another process is writing for long shows as well that one can. */
  checkWritable(): Promise<void>;
  /** Ends what was begun, refuses what comes from now on. */
  close(): Promise<void>;
}

export interface StoreWriterOptions extends Omit<GroupCommitOptions, 'guard'> {
  derivation: Derivation;
}

/** Writes in this thread, each group of commands at a time. @param options.connection closed with it */
export function createStoreWriter({ derivation, ...options }: StoreWriterOptions): StoreWriter {
  const { connection } = options;
  const guardDerived = createDerivedGuard(connection, derivation);
  const guard = () => {
    guardDerived();
    mendCounts(connection);
  };
  const group = new GroupCommit({ ...options, guard });

  return {
    async execute(command, context) {
      const { outcome, isReplay } = await group.run({
        work: () => executeCommand(connection, derivation, command, context),
        isKept: ({ isStored }) => isStored,
        weight: weightOf(command),
      });
      return { outcome, isReplay };
    },
    async tidy(limits) {
      const tidied: Tidied = { history: 0, changes: 0, calls: 0, repeats: 0, doNotCall: 0 };
      for (const { what, step } of tidyTasks(connection, limits)) {
        let place: Place | undefined;
        do {
          const from = place;
          const isKept = ({ removed }: TidyStep) => removed > 0;
          const { removed, next } = await group.run({ work: () => step(from), isKept, weight: TIDY_WEIGHT });
          tidied[what] += removed;
          place = next;
        } while (place !== undefined);
      }
      return tidied;
    },
    async checkWritable() {
      const written = group.run({ work: () => writeSomething(connection), isKept: () => true, weight: 1 });
      const isWritable = written.catch((error: unknown) => {
        if (!isLocked(error)) throw error;
      });
      await Promise.race([isWritable, group.whenLocked()]);
    },
    async close() {
      await group.close();
      connection.close();
    },
  };
}

/** As much as fits into one transaction: so that it does not lengthen that of others. */
const TIDY_WEIGHT = 1_000;

/** About how many rows a command touches. */
export function weightOf(command: Command): number {
  if (command.kind === 'save') return command.calls.length;
  if (command.kind === 'update') return command.edits.length;
  if (command.kind === 'add_do_not_call' || command.kind === 'remove_do_not_call') return command.numbers.length;
  if (command.kind !== 'cancel' && command.kind !== 'delete') return 1;
  const { rows } = command;
  if ('ids' in rows) return rows.ids.length;
  return 'externalIds' in rows ? rows.externalIds.length : rows.expect;
}

function writeSomething(connection: Connection): void {
  connection.run(
    `INSERT INTO meta (name, value) VALUES ('checks_of_writing', '1')
      ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1`,
  );
}
