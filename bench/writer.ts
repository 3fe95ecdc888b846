import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { openStore } from '../src/app/open-store.ts';
import { isPostgresAddress } from '../src/config/database-mistake.ts';
import { createCallChanger } from './change-calls.ts';
import { openFacts } from './facts.ts';
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
const TURNS = [
  ...(['insert', 'changeStatus', 'reschedule', 'changeStatus', 'insert'] as const),
  ...(['changeStatus', 'changeStatus', 'reschedule', 'insert', 'changeStatus'] as const),
];

const POOL = 20_000;

let ending: (() => Promise<Written>) | undefined;

process.on('message', async (order: WriterOrder) => {
  if ('start' in order) {
    ending = await begin(order.start);
    process.send?.({ started: true } satisfies WriterReply);
  } else if (ending !== undefined) {
    process.send?.({ stopped: await ending() } satisfies WriterReply);
  }
});

process.on('disconnect', () => process.exit());

/** @returns ends it and tells what was done */
async function begin({ database, perSecond, seed }: { database: string; perSecond: number; seed: number }) {
  const store = await openStore(benchSettings(database), { whenDerivedDiffers: 'refuse' });
  const pending = await pendingCalls(database);
  const changer = createCallChanger(store, pending, seed);
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
    await store.close();
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

/** The youngest, which are what people work on; without those that could not be saved like this (auto, but for no agent). */
async function pendingCalls(database: string): Promise<number[]> {
  const isOdd = `type IS NULL AND outbound_type = 'auto' AND attend_type = 'attended'`;
  const isMeant = `status = 'pending' AND NOT (${isOdd})`;
  if (!isPostgresAddress(database)) {
    using facts = openFacts(database);
    return facts.idsWhere(isMeant, []).slice(-POOL);
  }
  const sql = postgres(database, { max: 1 });
  const rows = await sql.unsafe(`SELECT id FROM calls WHERE ${isMeant} ORDER BY id DESC LIMIT ${POOL}`).values();
  await sql.end();
  return rows.map(([id]) => Number(id)).reverse();
}
