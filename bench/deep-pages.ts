import { differenceOf } from './check.ts';
import { loadFor, type Measurement } from './load.ts';
import { type Bench, loadOf, medianOf, warmUp } from './measure.ts';
import { createAsker, readBody } from './requests.ts';
import type { Variant } from './shapes.ts';

/** The same question for its first page and for one far behind. */
export interface DeepPages {
  title: string;
  /** Number of the later page. */
  page: number;
  /** The first time that it was asked for, in milliseconds until the answer was there. */
  firstTimeMs: number;
  first: Measurement;
  deep: Measurement;
}

const PAGE_SIZE = 100;
/** Where as many calls match; otherwise the last full page. */
const WISHED_PAGE = 9_000;
const MOSTLY: readonly string[] = ['completed', 'cancelled', 'deleted'];
const isMostly = `status IN (${MOSTLY.map((status) => `'${status}'`).join(', ')})`;

type Question = Pick<Variant, 'where' | 'order'> & { title: string } & Omit<Variant['parameters'], 'page'>;

const QUESTIONS: readonly Question[] = [
  { title: 'no filter', filters: {}, where: 'TRUE' },
  {
    title: `status ${MOSTLY.join(', ')}`,
    filters: { status: MOSTLY },
    where: isMostly,
  },
  { title: 'no filter, youngest first', filters: {}, sort: '-created_at', where: 'TRUE', order: 'created_at DESC, id' },
  {
    title: 'the same, by priority',
    ...{ filters: { status: MOSTLY }, sort: '-priority', where: isMostly, order: 'priority DESC, id' },
  },
];

/** A page with fewer calls would cost less for that alone. */
export function deepPageOf(matches: number): number {
  return Math.max(1, Math.min(WISHED_PAGE, Math.floor(matches / PAGE_SIZE)));
}

/** Each page again and again, by turns. */
export async function compareDeepPages(bench: Bench): Promise<DeepPages[]> {
  const reports: DeepPages[] = [];
  for (const { title, where, order, ...question } of QUESTIONS) {
    const matches = await bench.facts.countWhere(where, []);
    const page = deepPageOf(matches);
    const variantOf = (number: number): Variant => ({
      ...{ parameters: { page: number, ...question }, where, values: [] },
      ...(order !== undefined && { order }),
    });
    await check(bench, variantOf(1));
    const firstTimeMs = await check(bench, variantOf(page));
    const loads = [1, page].map((number) => loadOf(bench, [variantOf(number)]));
    const measured: [Measurement[], Measurement[]] = [[], []];
    for (const load of loads)
      await warmUp({ ...load, bodies: Array.from({ length: 100 }, () => load.bodies[0] ?? '') });
    for (let round = 0; round < bench.rounds; round++) {
      for (const [place, load] of loads.entries()) measured[place]?.push(await loadFor(load, bench.seconds));
    }
    const failures = measured.flat().reduce((sum, one) => sum + one.failures, 0);
    if (failures > 0) bench.fail(`${failures} requests for pages of ${title} were not answered well`);
    reports.push({
      title,
      page,
      firstTimeMs,
      first: medianOf(measured[0]),
      deep: medianOf(measured[1]),
    });
  }
  return reports;
}

/** @returns milliseconds until the answer was there */
async function check(bench: Bench, variant: Variant): Promise<number> {
  const ask = createAsker(bench.server.url, bench.credentials);
  const body = readBody(variant.parameters, bench.credentials);
  const begun = performance.now();
  const answer = await ask(body);
  const ms = performance.now() - begun;
  const difference = await differenceOf(variant, answer, bench.facts);
  if (difference !== undefined) bench.fail(difference);
  return ms;
}
