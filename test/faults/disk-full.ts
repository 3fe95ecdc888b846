import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { type Client, ServerError } from '#client';
import { numberOf } from '../../bench/make-calls.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { judge } from './judge.ts';
import { type Batch, createLedger, type Ledger } from './ledger.ts';
import { createServerProcess } from './server-process.ts';
import { readStored } from './stored.ts';

/** Grows by as much each time that it was full. */
const DISK_MIB = 8;
const BATCH = 100;
/** Refusals in a row after which the disk counts as full: a small save may still fit where a large one does not. */
const REFUSALS = 20;
const RECOVERY_MS = 5_000;

export const diskFull: Fault = {
  name: 'disk-full',
  title: `a small disk that fills up`,
  runs: 5,
  unit: 'times full',
  skipReason() {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root, to mount a small disk';
    return spawnSync('mount', ['--version']).status === 0 ? undefined : 'there is no mount';
  },
  async run({ runs, folder }) {
    const disk = `${folder}/disk`;
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'callqueue-test', disk]);
    try {
      return await fillDisk(disk, runs, folder);
    } finally {
      // Lazily: a process that has just been killed may not be quite gone.
      execFileSync('umount', ['--lazy', disk]);
    }
  },
};

async function fillDisk(disk: string, runs: number, folder: string) {
  await using server = createServerProcess({ database: `${disk}/callqueue.db`, logFolder: folder });
  await server.start();
  const client = server.client();
  const ledger = createLedger();
  const wrong: string[] = [];
  let refused = 0;
  let slowest = 0;
  for (let run = 1; run <= runs; run += 1) {
    for (let left = REFUSALS; left > 0; ) {
      const refusal = await save(client, ledger);
      if (refusal === undefined) continue;
      left -= 1;
      refused += 1;
      if (refusal.status !== 503 || refusal.retryAfterMs === undefined) wrong.push(`refused by ${refusal.message}`);
      const { pagination } = await client.read();
      if (pagination.row_count === 0) wrong.push('nothing can be read');
    }
    execFileSync('mount', ['-o', `remount,size=${DISK_MIB * (run + 1)}m`, disk]);
    const begun = performance.now();
    while ((await save(client, ledger)) !== undefined) {
      if (performance.now() - begun > RECOVERY_MS)
        throw new Error(`No save succeeds again: ${server.log().slice(-2000)}`);
    }
    slowest = Math.max(slowest, performance.now() - begun);
  }
  const stored = await readStored(client, server.database);
  // What was refused is not there at all.
  const kept = ledger.batches.filter(
    ({ ids, mark }) => ids === undefined && stored.rows.some((r) => r.campaign_name === mark),
  );
  return [
    { what: 'refused', figure: `${refused} saves`, isGood: refused > 0 },
    noneOf('refused without 503 and Retry-After, or reads that failed', wrong, `${refused} saves`),
    noneOf(
      'refused and stored all the same',
      kept.map(({ mark }) => mark),
      `${refused} saves`,
    ),
    { what: 'saves again, once there is space', figure: `${slowest.toFixed(0)} ms`, isGood: slowest < RECOVERY_MS },
    noneOf('lost, half, double or at odds', judge(ledger, stored), `${stored.rows.length} calls`),
  ];
}

async function save(client: Client, { batches }: Ledger): Promise<ServerError | undefined> {
  const name = batches.length;
  const numbers = Array.from({ length: BATCH }, (_, index) => numberOf(name * BATCH + index));
  const batch: Batch = {
    ...{ mark: `batch-${name}`, numbers, isNamed: false, key: undefined, rewrites: [] },
    ids: undefined,
  };
  batches.push(batch);
  try {
    const calls = numbers.map((caller_id) => ({ caller_id, vars: { text: 'x'.repeat(200) } }));
    const saved = await client.save({ project_id: 1, campaign_name: batch.mark, calls });
    batch.ids = saved.map(({ id }) => id as number);
    return undefined;
  } catch (error) {
    if (error instanceof ServerError) return error;
    throw error;
  }
}
