import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { differenceOf } from '../bench/check.ts';
import { deepPageOf } from '../bench/deep-pages.ts';
import { extractionDifference } from '../bench/extraction.ts';
import { goalsOf } from '../bench/goals.ts';
import { limitOf } from '../bench/limit.ts';
import { parseOptions } from '../bench/options.ts';
import type { DatabaseReport, Report } from '../bench/report.ts';
import { saveResults } from '../bench/save-results.ts';
import { startPostgres } from './support/postgres-server.ts';

const ROWS = 3000;
const main = join(import.meta.dirname, '../bench/main.ts');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callqueue-bench-'));
  // PostgreSQL does not run as root, and has its data within.
  chmodSync(folder, 0o755);
});

afterAll(() => rmSync(folder, { recursive: true }));

async function bench(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

describe('the bench', () => {
  it('measures both databases, reading idle, cold and under changes, and writing, and leaves nothing but its data', {
    timeout: 180_000,
  }, async () => {
    const json = join(folder, 'report.json');
    const data = join(folder, 'data');
    const size = ['--rows', `${ROWS}`, '--variants', '20', '--cold', '20', '--scale', '0.001'];
    const time = ['--seconds', '0.1', '--rounds', '1', '--shapes', 'a,b,i,p,w'];
    const { code, stdout, stderr } = await bench(...size, ...time, '--data', data, '--json', json);

    expect(stderr).not.toContain('FAILED');
    expect(code).toBe(0);
    const { databases }: Report = JSON.parse(readFileSync(json, 'utf8'));
    expect(databases.map(({ kind }) => kind)).toEqual(['sqlite', 'postgres']);
    for (const { kind, description, data, failures, shapes, extractions, deepPages, writes } of databases) {
      expect(failures).toEqual([]);
      expect(data.rows).toBe(ROWS);
      if (kind === 'postgres') expect(description).toContain('fsync on, synchronous_commit on, full_page_writes on');
      expect(shapes.map(({ name }) => name)).toEqual(['a', 'b']);
      expect(deepPages.map(({ page }) => page)).toEqual([
        ROWS / 100,
        expect.any(Number),
        ROWS / 100,
        expect.any(Number),
      ]);
      for (const { first, deep } of deepPages) {
        expect([first.failures, deep.failures]).toEqual([0, 0]);
        expect(deep.requests).toBeGreaterThan(0);
      }
      for (const { name, idle, changing, cold } of shapes) {
        for (const measurement of [idle.ours, idle.raw, changing?.ours, changing?.raw]) {
          expect(measurement?.requests, name).toBeGreaterThan(0);
        }
        expect(changing?.writer.changes, name).toBeGreaterThan(0);
        expect(cold === undefined, name).toBe(name === 'b');
        expect(stdout).toContain(`| ${name} `);
      }
      expect(extractions.map(({ by }) => by)).toEqual(['pages', 'cursor']);
      for (const { idle, changing } of extractions) expect(changing?.rows).toBeGreaterThanOrEqual(idle.rows);
      expect(writes).toHaveLength(8);
      for (const { title, requests } of writes) expect(requests, title).toBeGreaterThan(0);
      // Where the system tells the CPU of other processes, that of PostgreSQL is told apart.
      if (existsSync('/proc/self/stat')) {
        expect(Number.isFinite(Number(writes[0]?.databaseMicroseconds ?? Number.NaN))).toBe(kind === 'postgres');
      }
    }
    expect(readdirSync(data)).toEqual([expect.stringMatching(/^calls-3000-1-[0-9a-f]{8}\.db$/), 'postgres']);
  });

  it('measures a PostgreSQL that runs already, leaves nothing there but its data, and keeps the password to itself', {
    timeout: 60_000,
  }, async () => {
    const server = await startPostgres({ fsync: true });
    onTestFinished(() => server.stop());
    const sql = postgres(server.url, { max: 1 });
    onTestFinished(() => sql.end());
    const url = server.url.replace('postgres@', 'postgres:geheim@');
    const json = join(folder, 'running.json');
    const what = ['--rows', '1000', '--shapes', 'e', '--variants', '5', '--cold', '0', '--writes', '0'];
    const how = ['--seconds', '0.1', '--rounds', '1', '--data', join(folder, 'running'), '--json', json];
    for (const made of [expect.objectContaining({ seconds: expect.any(Number) }), undefined]) {
      const { code, stdout, stderr } = await bench('--database', 'postgres', '--postgres', url, ...what, ...how);
      expect(code, stderr).toBe(0);
      const text = readFileSync(json, 'utf8');
      expect((JSON.parse(text) as Report).databases[0]?.data.made).toEqual(made);
      expect(stdout + stderr + text).not.toContain('geheim');
      const databases = await sql`SELECT datname FROM pg_database WHERE datname LIKE 'callqueue%'`;
      expect(databases.map(({ datname }) => datname)).toEqual([
        expect.stringMatching(/^callqueue_bench_1000_1_[0-9a-f]{8}$/),
      ]);
    }
  });

  it('tells what is wrong with an option, and measures nothing then', async () => {
    const { code, stderr, stdout } = await bench('--rows', '12.5', '--data', folder);
    expect(code).toBe(2);
    expect(stderr).toContain('--rows: 12.5 (expected a whole number from 1000 to 100000000)');
    expect(stdout).toBe('');
    expect(() => parseOptions(['--shapes', 'a,z'])).toThrow('--shapes: z (expected some of a,b,c,d,e,f,g,h,i,p,w)');
    expect(() => parseOptions(['--database', 'mysql'])).toThrow(
      '--database: mysql (expected sqlite, postgres or both)',
    );
    expect(() => parseOptions(['--seconds', '0'])).toThrow('--seconds: 0 (expected a number from 0.1 to 600)');
  });
});

describe('the goals', () => {
  const figures = { requests: 1, requestsPerSecond: 2100, p50Ms: 1, p99Ms: 1, loadCpu: 0, others: 0, failures: 0 };
  const of = (microseconds: number) => ({ ...figures, microseconds, databaseMicroseconds: 0 });
  const shape = (name: string, ours: number, raw: number, cold: number) => ({
    ...{ name, title: name, variants: 1, bytes: 1, changing: undefined },
    ...{ cold: of(cold), idle: { ours: of(ours), raw: of(raw) } },
  });
  const report: DatabaseReport = {
    ...{ kind: 'sqlite', description: '', data: { rows: 1, bytes: 1, made: undefined } },
    ...{
      startMs: 999,
      restSeconds: 1,
      memoryOfReads: { most: 1, own: 1 },
      memoryOfWrites: { most: 1, own: 1 },
      extractions: [],
      deepPages: [],
      failures: [],
    },
    shapes: [shape('a', 30, 24, 400), shape('b', 40, 24, 3100)],
    writes: [
      { ...of(1), title: 'saves of one, 64 clients', calls: 1, commandsPerCommit: 1, loggedBytesPerCall: Number.NaN },
    ],
  };
  const verdicts = (one: DatabaseReport) =>
    goalsOf(one).map(({ title, measured, worst, isMet }) => `${title}: ${Math.round(measured)} ${worst} ${isMet}`);

  it('are judged by the worst shape, and only where something was measured', () => {
    expect(verdicts(report)).toEqual([
      'hot, idle: 60 b false',
      'cold: 3100 b false',
      'start: 999  true',
      'single saves, by group commit: 2100  true',
    ]);
    const deepPages = [
      { title: 'no filter', page: 9000, firstTimeMs: 1, first: of(40), deep: of(43) },
      { title: 'some', page: 9000, firstTimeMs: 1, first: of(40), deep: of(48) },
    ];
    expect(verdicts({ ...report, deepPages })).toContain('page 9,000 beside page 1: 120 some false');
    const none = { ...of(Number.NaN), requests: 0 };
    const slow = { title: 'no answer', page: 9000, firstTimeMs: 1, first: of(40), deep: none };
    expect(verdicts({ ...report, deepPages: [slow, ...deepPages] })).toContain(
      'page 9,000 beside page 1: Infinity no answer false',
    );
    expect(verdicts({ ...report, kind: 'postgres' })).toEqual([
      'hot, idle, server and database: 40 b true',
      'cold, server and database: 3100 b false',
      'start: 999  true',
    ]);
  });
});

describe('a run made in parts', () => {
  it('is kept in one file, each part under its own heading', () => {
    const append = join(folder, 'parts.md');
    saveResults('reading\n', { about: 'unused', append });
    saveResults('writing\n', { about: 'unused', append });
    expect(readFileSync(append, 'utf8')).toMatch(/^# [\d-]{15}\n\nreading\n\n# [\d-]{15}\n\nwriting\n$/);
  });
});

describe('what limited several instances', () => {
  it('is the machine once its cores are busy, the load once it has no time left, and otherwise waiting', () => {
    expect(limitOf({ machine: 1.9, load: 0.6 }, 2)).toBe('machine');
    expect(limitOf({ machine: 1.5, load: 0.6 }, 2)).toBe('waiting');
    expect(limitOf({ machine: 3, load: 0.97 }, 8)).toBe('load');
    expect(limitOf({ machine: Number.NaN, load: 0.2 }, 2)).toBe('waiting');
  });
});

describe('a page far behind', () => {
  it('is the 9,000th, or the last full one of a shorter list', () => {
    expect([1_000_000, 900_000, 899_999, 3_000, 250, 7].map(deepPageOf)).toEqual([9_000, 9_000, 8_999, 30, 2, 1]);
  });
});

describe('the check of answers', () => {
  const facts = { countWhere: () => 3, idsWhere: () => [1, 2, 5] };
  const variant = { parameters: { page: 1, filters: {} }, where: 'TRUE', values: [] };
  const answer = (rowCount: number, ids: number[], status = 200) => ({
    status,
    headers: {},
    body: Buffer.from(
      JSON.stringify({
        has_error: status !== 200,
        pagination: { row_count: rowCount, page_size: 100, current_page: 1, max_page: 1 },
        results: ids.map((id) => ({ id })),
      }),
    ),
  });

  it('finds a wrong count, a wrong row, a missing row and one too many', async () => {
    expect(await differenceOf(variant, answer(3, [1, 2, 5]), facts)).toBeUndefined();
    expect(await differenceOf(variant, answer(4, [1, 2, 5]), facts)).toContain('row_count is 4, 3 calls match');
    expect(await differenceOf(variant, answer(3, [1, 2, 6]), facts)).toContain('row 3 is 6, expected 5');
    expect(await differenceOf(variant, answer(3, [1, 2]), facts)).toContain('row 3 is missing, expected 5');
    expect(await differenceOf(variant, answer(3, [1, 2, 5, 7]), facts)).toContain('row 4 is 7, expected no more rows');
  });

  it('takes an error for no answer', async () => {
    await expect(differenceOf(variant, answer(0, [], 503), facts)).rejects.toThrow('status 503');
  });

  it('finds rows that an extraction hides, repeats or invents', () => {
    expect(extractionDifference([1, 2, 5], [1, 2, 5], 'quiet')).toBeUndefined();
    expect(extractionDifference([1, 2, 5], [1, 2, 5, 9], 'changing')).toBeUndefined();
    expect(extractionDifference([1, 2, 5], [1, 2, 5, 9], 'quiet')).toContain('4 rows came, 3 are there');
    expect(extractionDifference([1, 2, 5], [1, 5], 'changing')).toContain('id 2 is missing');
    expect(extractionDifference([1, 2, 5], [1, 2, 2, 5], 'changing')).toContain('id 2 comes after 2');
  });
});
