import type { CursorPagination } from '../client/src/contract.ts';
import type { PhpValue } from '../client/src/php-query.ts';
import { envelopeOf } from './check.ts';
import type { Bench } from './measure.ts';
import { createAsker, readBody } from './requests.ts';

export interface Extraction {
  rows: number;
  pages: number;
  pagesPerSecond: number;
  /** Server CPU a page. */
  microseconds: number;
  /** Mean time of the first and of the last twentieth of the pages, in milliseconds. */
  firstMs: number;
  lastMs: number;
}

/** What `project_id` to ask for, so that about so many calls come. */
const WISHED_ROWS = 100_000;
const PAGE_SIZE = 100;

/** All calls of one project by one connection, page after page. */
export async function extractByPages(bench: Bench, mode: 'quiet' | 'changing'): Promise<Extraction> {
  const filters = { project_id: projectOf(bench) };
  return extract(bench, mode, {
    first: { page: 1, filters },
    next: (body, page) => (body.length < PAGE_SIZE ? undefined : { page: page + 1, filters }),
  });
}

/** The same by cursor. */
export async function extractByCursor(bench: Bench, mode: 'quiet' | 'changing'): Promise<Extraction> {
  const filters = { project_id: projectOf(bench) };
  return extract(bench, mode, {
    first: { cursor: '', filters },
    next: ({ cursor }) => (cursor === null ? undefined : { cursor, filters }),
  });
}

type Parameters = { readonly [name: string]: PhpValue };

interface Way {
  first: Parameters;
  /** What to ask for after the answer to the page with this number; undefined: that was the last. */
  next(answer: { length: number; cursor: string | null }, page: number): Parameters | undefined;
}

async function extract(bench: Bench, mode: 'quiet' | 'changing', { first, next }: Way): Promise<Extraction> {
  const { server, facts, credentials } = bench;
  const before = await facts.idsWhere('project_id = ?', [projectOf(bench)]);
  const ask = createAsker(server.url, credentials);
  const ids: number[] = [];
  const times: number[] = [];
  const cpu = await server.cpuTime();
  // Only the time of asking counts: reading the JSON is not the server's work.
  for (let parameters: Parameters | undefined = first; parameters !== undefined; ) {
    const body = readBody(parameters, credentials);
    const begun = performance.now();
    const answer = await ask(body);
    times.push(performance.now() - begun);
    const { pagination, results } = envelopeOf(answer);
    for (const { id } of results) ids.push(id);
    const cursor = (pagination as unknown as CursorPagination).next_cursor ?? null;
    parameters = next({ length: results.length, cursor }, times.length);
  }
  const used = (await server.cpuTime()) - cpu;
  const difference = extractionDifference(before, ids, mode);
  if (difference !== undefined) bench.fail(`Extraction of project ${projectOf(bench)}: ${difference}`);

  const twentieth = Math.max(1, Math.floor(times.length / 20));
  return {
    rows: ids.length,
    pages: times.length,
    pagesPerSecond: times.length / (sum(times) / 1000),
    microseconds: used / times.length,
    firstMs: sum(times.slice(0, twentieth)) / twentieth,
    lastMs: sum(times.slice(-twentieth)) / twentieth,
  };
}

/** Exactly what was there; while calls are being added at the end, at least that. Always ascending, nothing twice. */
export function extractionDifference(
  before: readonly number[],
  extracted: readonly number[],
  mode: 'quiet' | 'changing',
): string | undefined {
  const place = extracted.findIndex((id, index) => index > 0 && id <= extracted[index - 1]!);
  if (place !== -1) return `id ${extracted[place]} comes after ${extracted[place - 1]}`;
  const found = new Set(extracted);
  const hidden = before.find((id) => !found.has(id));
  if (hidden !== undefined) return `id ${hidden} is missing`;
  if (mode === 'quiet' && extracted.length !== before.length) {
    return `${extracted.length} rows came, ${before.length} are there`;
  }
  return undefined;
}

/** The project with the number of calls that is nearest to the wish; the changes of the bench move no call out of it. */
function projectOf({ facts }: Bench): number {
  const distance = ({ calls }: { calls: number }) => Math.abs(calls - WISHED_ROWS);
  return facts.projects.toSorted((a, b) => distance(a) - distance(b))[0]!.id;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
