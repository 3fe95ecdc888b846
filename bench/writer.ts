import { setTimeout as pause } from 'node:timers/promises';
import { databasePath, projectsOf } from '../src/app/open-store.ts';
import { createTimeZone } from '../src/core/time-zone.ts';
import { Connection } from '../src/store/sqlite/connection.ts';
import { createDerivation } from '../src/wire/derivation.ts';
import { createCallChanger } from './change-calls.ts';
import { benchSettings, NOW } from './settings.ts';

/** Changes calls at a steady rate while its parent measures reading: a process of its own, so that its CPU is its own. */

/** What the parent sends. */
export type WriterOrder = { start: { database: string; perSecond: number; seed: number } } | { stop: true };
/** What comes back, once for each order. */
export type WriterReply = { started: true } | { stopped: Written };

export interface Written {
  changes: number;
  seconds: number;
  /** CPU of this process for each change. */
  microseconds: number;
  p50Ms: number;
  p99Ms: number;
}

/** Of ten changes three insert, five change the status, two move the schedule. */
const TURN = [
  'insert',
  'changeStatus',
  'reschedule',
  'changeStatus',
  'insert',
  'changeStatus',
  'changeStatus',
] as const;
const TURNS = [...TURN, 'reschedule', 'insert', 'changeStatus'] as const;

let ending: (() => Promise<Written>) | undefined;

process.on('message', async (order: WriterOrder) => {
  if ('start' in order) {
    ending = begin(order.start);
    process.send?.({ started: true } satisfies WriterReply);
  } else if (ending !== undefined) {
    process.send?.({ stopped: await ending() } satisfies WriterReply);
  }
});

process.on('disconnect', () => process.exit());

/** @returns ends it and tells what was done */
function begin({ database, perSecond, seed }: { database: string; perSecond: number; seed: number }) {
  const settings = benchSettings(database);
  const timeZone = createTimeZone(settings.timezone);
  const derivation = createDerivation({ timeZone, projects: projectsOf(settings) });
  const connection = new Connection(databasePath(settings));
  const changer = createCallChanger(connection, derivation, seed);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const times: number[] = [];
  let isEnding = false;
  const done = work();

  return async (): Promise<Written> => {
    isEnding = true;
    await done;
    const seconds = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    connection.close();
    const changes = times.length;
    times.sort((a, b) => a - b);
    const quantile = (share: number) => times[Math.floor(share * changes)] ?? Number.NaN;
    return { changes, seconds, microseconds: (user + system) / changes, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
  };

  async function work(): Promise<void> {
    while (!isEnding) {
      const elapsed = (performance.now() - begun) / 1000;
      // Late changes are caught up, as callers do not wait for each other.
      for (let due = Math.floor(elapsed * perSecond) - times.length; due > 0 && !isEnding; due--) {
        const started = performance.now();
        await changer[TURNS[times.length % TURNS.length]!](NOW + Math.floor(elapsed));
        times.push(performance.now() - started);
      }
      await pause(1);
    }
  }
}
