import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  databases: readonly DatabaseKind[];
  /** Of a PostgreSQL that runs already, as somebody who may make databases; undefined: one of the bench's own. */
  postgres: string | undefined;
  /** Calls in the database. */
  rows: number;
  seed: number;
  /** Length of a measurement. */
  seconds: number;
  /** Letters of shapes.ts, `i` for the extraction, `p` for pages far behind, `w` for the writes. */
  shapes: readonly string[];
  connections: number;
  /** Row changes a second in the second half; 0 leaves that half out. */
  writes: number;
  /** Measurements of each kind, of which the median counts. */
  rounds: number;
  /** Different requests of a shape that are asked again and again. */
  variants: number;
  /** Requests of a shape that are asked once, in all rounds together. */
  cold: number;
  /** Share of the requests of `w` that are sent. */
  scale: number;
  /** Where databases are kept from one run to the next. */
  data: string;
  /** Log level of the measured server. */
  log: string;
  /** Where Node writes a CPU profile of the measured server. */
  profile: string | undefined;
  json: string | undefined;
  save: boolean;
  /** A file of tables to which these are added. */
  append: string | undefined;
}

export const SHAPE_NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'p', 'w'] as const;

export const DATABASE_KINDS = ['sqlite', 'postgres'] as const;
export type DatabaseKind = (typeof DATABASE_KINDS)[number];

export const USAGE = `npm run bench -- [options]

  --database KIND  sqlite, postgres or both (default both)
  --postgres URL   a PostgreSQL that runs already, whose user may make databases (default: one of the bench's own)
  --rows N         calls in the database (default 1000000)
  --seed N         another seed makes other calls and other requests (default 1)
  --shapes a,b,…   which shapes, of ${SHAPE_NAMES.join(',')} (default all)
  --seconds S      length of one measurement (default 5)
  --rounds N       measurements of each kind, of which the median counts (default 3)
  --connections N  connections of the load (default 16)
  --writes N       row changes a second while reading; 0 leaves that part out (default 200)
  --variants N     different requests of a shape, asked again and again (default 400)
  --cold N         requests of a shape that are asked once only; 0 leaves that part out (default 1500)
  --scale S        share of the requests of w that are sent (default 1)
  --data DIR       where databases are kept from run to run (default bench/data)
  --log LEVEL      log level of the measured server (default info, as installed)
  --profile DIR    write a CPU profile of the server, which slows it: for looking, not for figures
  --json FILE      write everything that was measured
  --save           write the tables to bench/results/
  --append FILE    add the tables to this file, for a run made in parts
`;

/** @throws TypeError naming the option, the value and what is allowed */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ rows: text, seed: text, shapes: text, seconds: text, rounds: text, connections: text, writes: text },
      ...{ variants: text, cold: text, scale: text, data: text, log: text, profile: text, json: text },
      ...{ database: text, postgres: text, append: text },
      save: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const whole = (name: keyof typeof values, fallback: number, min: number, max: number) => {
    const value = values[name];
    if (value === undefined) return fallback;
    if (/^\d{1,9}$/.test(String(value)) && Number(value) >= min && Number(value) <= max) return Number(value);
    throw new TypeError(`--${name}: ${value} (expected a whole number from ${min} to ${max})`);
  };
  return {
    databases: databasesOf(values.database),
    postgres: values.postgres,
    rows: whole('rows', 1_000_000, 1000, 100_000_000),
    seed: whole('seed', 1, 1, 999_999),
    seconds: numberOf('seconds', values.seconds ?? '5', 0.1, 600),
    shapes: shapesOf(values.shapes),
    connections: whole('connections', 16, 1, 1000),
    writes: whole('writes', 200, 0, 100_000),
    rounds: whole('rounds', 3, 1, 99),
    variants: whole('variants', 400, 1, 100_000),
    cold: whole('cold', 1500, 0, 100_000),
    scale: numberOf('scale', values.scale ?? '1', 0.0001, 100),
    data: resolve(values.data ?? join(import.meta.dirname, 'data')),
    log: values.log ?? 'info',
    profile: values.profile === undefined ? undefined : resolve(values.profile),
    json: values.json,
    save: values.save ?? false,
    append: values.append,
  };
}

function numberOf(name: string, text: string, min: number, max: number): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
  throw new TypeError(`--${name}: ${text} (expected a number from ${min} to ${max})`);
}

function databasesOf(text = 'both'): readonly DatabaseKind[] {
  if (text === 'both') return DATABASE_KINDS;
  const kind = DATABASE_KINDS.find((one) => one === text);
  if (kind !== undefined) return [kind];
  throw new TypeError(`--database: ${text} (expected ${DATABASE_KINDS.join(', ')} or both)`);
}

function shapesOf(text: string = SHAPE_NAMES.join(',')): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(SHAPE_NAMES as readonly string[]).includes(name));
  if (unknown === undefined) return SHAPE_NAMES.filter((name) => names.includes(name));
  throw new TypeError(`--shapes: ${unknown} (expected some of ${SHAPE_NAMES.join(',')})`);
}
