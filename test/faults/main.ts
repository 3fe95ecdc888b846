import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../bench/machine.ts';
import { table } from '../../bench/table.ts';
import { absences } from './ami-absences.ts';
import { pbxRestarts } from './ami-restarts.ts';
import { witnesses } from './ami-witnesses.ts';
import { backups } from './backups.ts';
import { diskFull } from './disk-full.ts';
import type { Fault, Figure } from './fault-run.ts';
import { feed } from './feed-writers.ts';
import { floods } from './floods.ts';
import { framing } from './framing.ts';
import { hangups } from './hangups.ts';
import { kills } from './kills.ts';
import { postgresClocks } from './postgres-clocks.ts';
import { postgresCommits } from './postgres-commits.ts';
import { postgresFailover } from './postgres-failover.ts';
import { postgresFeed } from './postgres-feed.ts';
import { postgresInstanceKills } from './postgres-instance-kills.ts';
import { postgresKills } from './postgres-kills.ts';
import { postgresReads } from './postgres-reads.ts';
import { savesBesidePbx } from './saves-beside-pbx.ts';
import { stalled } from './stalled-readers.ts';
import { stops } from './stops.ts';
import { storm } from './storm.ts';
import { stormLocked } from './storm-locked.ts';

/** `npm run test:faults`: faults that are caused for real, longer than `npm test` may take. Fails when one of them shows. */

const FAULTS: readonly Fault[] = [
  kills,
  feed,
  stops,
  backups,
  diskFull,
  stalled,
  floods,
  storm,
  stormLocked,
  hangups,
  savesBesidePbx,
  framing,
  pbxRestarts,
  witnesses,
  absences,
  postgresKills,
  postgresInstanceKills,
  postgresCommits,
  postgresFeed,
  postgresReads,
  postgresFailover,
  postgresClocks,
];

const USAGE = `npm run test:faults -- [options]

  --only a,b,…    which faults, of ${FAULTS.map(({ name }) => name).join(', ')} (default all)
  --runs N        how often each; default: ${FAULTS.map(({ name, runs, unit }) => `${name} ${runs} ${unit}`).join(', ')}
  --seed N        another seed makes other requests (default: drawn, and printed)
  --results FILE  where the table goes (default test/faults/results/latest.md)
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof parseOptions>;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const { faults, runs, seed, results } = options;
  console.log(`seed ${seed}`);
  const rows: string[][] = [];
  let isGood = true;
  for (const fault of faults) {
    const { figures, skipped } = await cause(fault, runs ?? fault.runs, seed);
    const name = `${fault.name}, ${runs ?? fault.runs} ${fault.unit}`;
    if (skipped !== undefined) rows.push([name, 'skipped', skipped, '']);
    for (const { what, figure, isGood: good } of figures) {
      rows.push([name, what, figure, good ? 'ok' : 'MISSED']);
      isGood &&= good;
    }
  }
  const { cpu, cores, node, sqlite, commit, loadBefore } = describeMachine();
  const machine = `seed ${seed}; ${cores} × ${cpu}, Node ${node}, SQLite ${sqlite}, commit ${commit}, load ${loadBefore}`;
  const text = `${machine}\n\n${table(['fault', 'what', 'figure', ''], rows)}\n`;
  console.log(`\n${text}`);
  mkdirSync(dirname(results), { recursive: true });
  writeFileSync(results, text);
  return isGood ? 0 : 1;
}

async function cause(fault: Fault, runs: number, seed: number): Promise<{ figures: Figure[]; skipped?: string }> {
  const tell = (sentence: string) => console.log(`${fault.name}: ${sentence}`);
  const skipped = fault.skipReason?.();
  if (skipped !== undefined) return { figures: [], skipped };
  tell(fault.title);
  const folder = mkdtempSync(join(tmpdir(), `callqueue-${fault.name}-`));
  let isGood = false;
  try {
    const figures = await fault.run({ runs, seed, folder, tell });
    isGood = figures.every((figure) => figure.isGood);
    return { figures };
  } catch (error) {
    // The others are worth running all the same.
    tell((error as Error).stack ?? String(error));
    return {
      figures: [{ what: 'could not be finished', figure: (error as Error).message.slice(0, 200), isGood: false }],
    };
  } finally {
    if (isGood) rmSync(folder, { recursive: true });
    else tell(`database and log are left in ${folder}`);
  }
}

/** @throws TypeError naming the option, the value and what is allowed */
function parseOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { only: text, runs: text, seed: text, results: text } });
  const whole = (name: 'runs' | 'seed', max: number) => {
    const value = values[name];
    if (value === undefined) return undefined;
    if (/^\d{1,9}$/.test(value) && Number(value) >= 1 && Number(value) <= max) return Number(value);
    throw new TypeError(`--${name}: ${value} (expected a whole number from 1 to ${max})`);
  };
  const names = values.only?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !FAULTS.some((fault) => fault.name === name));
  if (unknown !== undefined) {
    throw new TypeError(`--only: ${unknown} (expected some of ${FAULTS.map(({ name }) => name).join(', ')})`);
  }
  return {
    faults: FAULTS.filter(({ name }) => names?.includes(name) ?? true),
    runs: whole('runs', 100_000_000),
    seed: whole('seed', 999_999_999) ?? 1 + Math.floor(Math.random() * 1_000_000),
    results: resolve(values.results ?? join(import.meta.dirname, 'results/latest.md')),
  };
}
