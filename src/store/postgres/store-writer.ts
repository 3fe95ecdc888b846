import { Backlog } from '../../core/backlog.ts';
import type { CommandResult } from '../../core/call-command.ts';
import type { CallWriter } from '../../core/call-writer.ts';
import { joinCounts } from './call-counts.ts';
import type { Database } from './database.ts';
import { SELECT_DERIVED } from './derived-guard.ts';
import type { Job } from './execute-command.ts';
import { type CommittedGroup, GroupCommit } from './group-commit.ts';
import { LANES, type Lane, laneOf, weightOf } from './lanes.ts';
import { closedError } from './session.ts';
import { tidyAll } from './tidy.ts';
import { isLocked } from './translate-error.ts';
import { type WriteParts, writeGroup } from './write-group.ts';

/** The one that writes calls for this process. */
export interface StoreWriter extends CallWriter {
  /**
   * Writes something, down to the disk. That others are writing for long shows as well that one can; that they are of another
   * version, that one can no longer.
   */
  checkWritable(): Promise<void>;
  /** Ends what was begun, refuses what comes from now on. */
  close(): Promise<void>;
}

export interface StoreWriterOptions extends WriteParts {
  database: Database;
  onCommit(group: CommittedGroup): void;
}

/** So many commands share a transaction. Of those whose calls a filter chooses each has its own. */
const GROUP_JOBS = 256;
/** Each of them has added some rows to the counts of calls. */
const GROUPS_UNTIL_JOINED = 500;

export function createStoreWriter({ database, onCommit, ...parts }: StoreWriterOptions): StoreWriter {
  const backlog = new Backlog();
  const closed = () => closedError(database.address);
  let isClosed = false;
  let groups = 0;
  /** What goes on beside commands. */
  const beside = new Set<Promise<unknown>>();
  function goOn<T>(work: Promise<T>): Promise<T> {
    beside.add(work);
    return work.finally(() => beside.delete(work));
  }
  function committed(group: CommittedGroup): void {
    onCommit(group);
    groups += 1;
    if (isClosed || groups % GROUPS_UNTIL_JOINED !== 0) return;
    // Nothing is lost where it fails, and the next time comes.
    goOn(joinCounts(database)).catch(() => undefined);
  }
  const lane = (name: Lane) =>
    new GroupCommit<Job, CommandResult>({
      mostJobs: name === 'filtering' ? 1 : GROUP_JOBS,
      weightOf: ({ command }) => weightOf(command),
      commit: (jobs) => writeGroup(database, name, jobs, parts),
      onCommit: committed,
      backlog,
      closed,
    });
  const lanes = new Map(LANES.map((name) => [name, lane(name)]));

  return {
    async execute(command, context) {
      database.requireWritable();
      return (lanes.get(laneOf(command)) as GroupCommit<Job, CommandResult>).run({ command, context });
    },
    async tidy(limits) {
      database.requireWritable();
      if (isClosed) throw closed();
      return goOn(tidyAll(database, limits, () => isClosed));
    },
    async checkWritable() {
      try {
        await database.write(async (session) => {
          parts.guard.check(await session.value(SELECT_DERIVED));
          await session.count(
            `INSERT INTO meta AS known (name, value) VALUES ('checks_of_writing', '1')
              ON CONFLICT (name) DO UPDATE SET value = (known.value::bigint + 1)::text`,
          );
        });
      } catch (error) {
        if (!isLocked(error)) throw error;
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...lanes.values()].map((one) => one.close()));
      await Promise.allSettled(beside);
    },
  };
}
