import { differenceOf, envelopeOf } from './check.ts';
import type { Facts } from './facts.ts';
import { type Load, loadFor, loadOnce, type Measurement, untilAtRest } from './load.ts';
import type { RawAnswers } from './raw-server.ts';
import { type Answer, type Credentials, createAsker, readBody, requestHeaders } from './requests.ts';
import type { MeasuredServer, RawServer } from './servers.ts';
import type { Variant } from './shapes.ts';

/** What every measurement of a run has in common. */
export interface Bench {
  server: MeasuredServer;
  raw: RawServer;
  facts: Facts;
  credentials: Credentials;
  connections: number;
  seconds: number;
  rounds: number;
  /** Something is wrong: told now, and at the end the bench fails. */
  fail(sentence: string): void;
}

/** The real server and the bare one at the same work, by turns. */
export interface Comparison {
  ours: Measurement;
  raw: Measurement;
}

/** So many answers are compared with SQL; each comparison reads the whole table. */
const SAMPLE = 8;
/** Headers that belong to the connection, or that every server of Node makes by itself. */
const OWN_HEADERS = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);

/**
 * Asks everything once: all must be answered well, and a sample, the first and the last among it, must be what the
 * database holds.
 * @returns what the raw server has to answer for the same work
 */
export async function examine(bench: Bench, variants: readonly Variant[]): Promise<RawAnswers> {
  const ask = createAsker(bench.server.url, bench.credentials);
  const sizes: number[] = [];
  let answer: Answer | undefined;
  for (const [index, variant] of variants.entries()) {
    answer = await ask(readBody(variant.parameters, bench.credentials));
    sizes.push(answer.body.length);
    try {
      const difference = isSampled(index, variants.length)
        ? await differenceOf(variant, answer, bench.facts)
        : undefined;
      if (difference !== undefined) bench.fail(difference);
      else envelopeOf(answer);
    } catch (error) {
      bench.fail(`${JSON.stringify(variant.parameters)}: ${(error as Error).message}`);
    }
  }
  const headers = Object.entries(answer?.headers ?? {}).filter(([name]) => !OWN_HEADERS.has(name));
  const sample = answer?.body.toString() ?? '';
  return { headers: Object.fromEntries(headers) as Record<string, string>, sizes, sample };
}

/** Both servers by turns; of each the median of the rounds. */
export async function compare(
  bench: Bench,
  variants: readonly Variant[],
  answers: RawAnswers,
  mode: 'quiet' | 'changing',
): Promise<Comparison> {
  const { server, raw, seconds, rounds } = bench;
  await raw.prepare(answers);
  const load = loadOf(bench, variants);
  if (mode === 'quiet') await warmUp(load);
  // What was kept before has changed meanwhile; beside changes a server is never at rest.
  else await loadOnce(load);
  const ours: Measurement[] = [];
  const bare: Measurement[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await loadFor({ ...load, target: raw }, seconds));
    ours.push(await loadFor({ ...load, target: server }, seconds));
  }
  failIfAny(bench, [...ours, ...bare]);
  return { ours: medianOf(ours), raw: medianOf(bare) };
}

/** More than a list of all ids takes to be made. */
const PATIENCE_MS = 60_000;

/** What a server keeps of a question asked before, it keeps from here on; what takes a moment to be found is waited for. */
export async function warmUp(load: Load): Promise<void> {
  for (let time = 0; time < 2; time++) await loadOnce(load);
  await untilAtRest(load.target, PATIENCE_MS);
  await loadOnce(load);
}

/** Requests that nobody has asked before, in as many parts as there are rounds. */
export async function measureCold(bench: Bench, variants: readonly Variant[]): Promise<Measurement | undefined> {
  if (variants.length < bench.rounds) return undefined;
  const parts: Measurement[] = [];
  const size = Math.floor(variants.length / bench.rounds);
  for (let round = 0; round < bench.rounds; round++) {
    parts.push(await loadOnce(loadOf(bench, variants.slice(round * size, (round + 1) * size))));
  }
  failIfAny(bench, parts);
  return { ...medianOf(parts), requests: size * bench.rounds };
}

export function loadOf({ server, credentials, connections }: Bench, variants: readonly Variant[]): Load {
  const bodies = variants.map(({ parameters }) => readBody(parameters, credentials));
  return { target: server, bodies, headers: requestHeaders(credentials), connections };
}

function failIfAny(bench: Bench, measurements: readonly Measurement[]): void {
  const failures = measurements.reduce((sum, measurement) => sum + measurement.failures, 0);
  if (failures > 0) bench.fail(`${failures} requests were answered by an error or not at all`);
  if (measurements.some(({ requests }) => requests === 0)) bench.fail('A measurement had no answer at all');
}

function isSampled(index: number, count: number): boolean {
  return index === count - 1 || index % Math.ceil(count / SAMPLE) === 0;
}

/** Each figure by itself; failures are added up. */
export function medianOf(measurements: readonly Measurement[]): Measurement {
  const median = (figure: keyof Measurement) => {
    const sorted = measurements.map((measurement) => measurement[figure]).sort((a, b) => a - b);
    const middle = (sorted.length - 1) / 2;
    return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  };
  return {
    requests: median('requests'),
    requestsPerSecond: median('requestsPerSecond'),
    microseconds: median('microseconds'),
    databaseMicroseconds: median('databaseMicroseconds'),
    p50Ms: median('p50Ms'),
    p99Ms: median('p99Ms'),
    loadCpu: median('loadCpu'),
    others: median('others'),
    failures: measurements.reduce((sum, { failures }) => sum + failures, 0),
  };
}
