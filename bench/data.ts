import { createHash } from 'node:crypto';
import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, projectsOf } from '../src/app/open-store.ts';
import type { NewCall } from '../src/core/call-store.ts';
import { createTimeZone } from '../src/core/time-zone.ts';
import { MIGRATIONS } from '../src/store/sqlite/schema/migrations.ts';
import { createDerivation } from '../src/wire/derivation.ts';
import { makeCalls } from './make-calls.ts';
import { benchSettings, NOW } from './settings.ts';

export interface PreparedData {
  /** The database, never written to again. */
  path: string;
  /** What making it took; undefined when it was there already. */
  made: { seconds: number; rowsPerSecond: number } | undefined;
}

const BATCH = 1000;

/**
 * Makes the database of so many calls through the store's import, in one transaction, or finds the one that an earlier
 * run has made. One made by another schema, generator or derivation is of no use and is removed.
 */
export async function prepareData(options: {
  folder: string;
  rows: number;
  seed: number;
  tell: (sentence: string) => void;
}): Promise<PreparedData> {
  const { folder, rows, seed, tell } = options;
  const name = `calls-${rows}-${seed}-`;
  const path = join(folder, `${name}${fingerprint()}.db`);
  if (existsSync(path)) return { path, made: undefined };
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (file.startsWith(name)) rmSync(join(folder, file));

  const unfinished = `${path}.unfinished`;
  const begun = performance.now();
  const store = await openStore(benchSettings(unfinished));
  const session = await store.beginImport();
  let done = 0;
  for (const batch of batches(makeCalls({ count: rows, seed, now: NOW }))) {
    await session.add(batch);
    done += batch.length;
    if (done % 100_000 === 0) tell(`making the data: ${done} of ${rows} calls`);
  }
  tell('making the data: indexes');
  await session.commit();
  await store.close();
  renameSync(unfinished, path);
  const seconds = (performance.now() - begun) / 1000;
  return { path, made: { seconds, rowsPerSecond: rows / seconds } };
}

/** A copy for one run, which may write to it; shares the blocks of the original where the file system can do that. */
export function copyDatabase(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

/** Names everything that the content of a database depends on, besides its size and seed. */
function fingerprint(): string {
  const { timezone, projects } = benchSettings('unused');
  const derivation = createDerivation({ timeZone: createTimeZone(timezone), projects: projectsOf({ projects }) });
  const generator = readFileSync(join(import.meta.dirname, 'make-calls.ts'));
  const hash = createHash('sha256').update(JSON.stringify(MIGRATIONS)).update(derivation.version).update(generator);
  return hash.digest('hex').slice(0, 8);
}

function* batches(calls: Iterable<NewCall>): Generator<NewCall[]> {
  let batch: NewCall[] = [];
  for (const call of calls) {
    batch.push(call);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
