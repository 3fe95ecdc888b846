import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { type CpuTime, machineCpuTime } from './cpu-time.ts';
import { ENDPOINT } from './requests.ts';

export interface Target {
  url: string;
  /** Of the server, and of its database where that has processes of its own that can be seen. */
  cpuTime: CpuTime;
  /** What of it is the database's; undefined: it cannot be told. */
  databaseCpuTime?: CpuTime | undefined;
}

export interface Load {
  target: Target;
  bodies: readonly string[];
  headers: Readonly<Record<string, string>>;
  connections: number;
}

export interface Measurement {
  requests: number;
  requestsPerSecond: number;
  /** CPU a request, of server and database. */
  microseconds: number;
  /** What of it the database's own processes took; NaN where there are none, or none that can be seen. */
  databaseMicroseconds: number;
  p50Ms: number;
  p99Ms: number;
  /** Share of a core that the load itself took; near 1 it was the limit, not the server. */
  loadCpu: number;
  /** Cores that all other processes of the machine kept busy meanwhile. */
  others: number;
  /** Anything but status 200 with `has_error: false`. */
  failures: number;
}

/** Time for connections to be made and loops to turn before anything is counted. */
const LEAD_MS = 200;
const REST_MS = 300;
/** Longer than any measurement; the end is given by `stop`. */
const NEVER_S = 86_400;

/** Asks again and again for so many seconds; each connection begins at another place of the list. */
export async function loadFor(load: Load, seconds: number): Promise<Measurement> {
  const run = start(load, { duration: NEVER_S }, (connection) => {
    const begin = Math.floor((connection * load.bodies.length) / load.connections);
    return [...load.bodies.slice(begin), ...load.bodies.slice(0, begin)];
  });
  await pause(LEAD_MS);
  const counted = count(run, load.target, await usedBy(load.target));
  await pause(seconds * 1000);
  const measured = await counted();
  run.stop();
  return withFailures(measured, await run);
}

/** Asks everything exactly once, in no fixed order. */
export async function loadOnce(load: Load): Promise<Measurement> {
  const connections = Math.min(load.connections, load.bodies.length);
  // autocannon gives the first connections one request more when the amount cannot be shared evenly, as this does.
  const before = await usedBy(load.target);
  const run = start({ ...load, connections }, { amount: load.bodies.length }, (connection) =>
    load.bodies.filter((_, index) => index % connections === connection),
  );
  const counted = count(run, load.target, before);
  const result = await run;
  return withFailures(await counted(), result);
}

/**
 * Waits until a server that has just started does nothing: it may be clearing away what its settings no longer keep.
 * @returns seconds that it took; undefined when it was still busy after `patienceMs`
 */
export async function untilAtRest({ cpuTime }: Target, patienceMs: number): Promise<number | undefined> {
  const begun = performance.now();
  for (let quiet = 0; performance.now() - begun < patienceMs; ) {
    const before = await cpuTime();
    await pause(REST_MS);
    const share = ((await cpuTime()) - before) / 1000 / REST_MS;
    quiet = share < 0.05 ? quiet + 1 : 0;
    if (quiet === 3) return (performance.now() - begun) / 1000;
  }
  return undefined;
}

function start(load: Load, end: { duration: number } | { amount: number }, share: (connection: number) => string[]) {
  const { target, headers, connections } = load;
  let connection = 0;
  return autocannon({
    ...end,
    url: target.url,
    connections,
    sampleInt: 20,
    setupClient(client) {
      const bodies = share(connection++);
      client.setRequests(bodies.map((body) => ({ method: 'POST', path: ENDPOINT, headers: { ...headers }, body })));
    },
    // The raw server's body begins like this too, so that both cost the load the same.
    verifyBody: (body) => body.startsWith('{"has_error":false'),
  });
}

interface Used {
  all: number;
  database: number;
}

async function usedBy({ cpuTime, databaseCpuTime }: Target): Promise<Used> {
  return { database: (await databaseCpuTime?.()) ?? Number.NaN, all: await cpuTime() };
}

/**
 * Counts from now on until the function that it answers is called; the whole time then counts.
 * @param before CPU time of server and database a moment ago
 */
function count(
  run: ReturnType<typeof autocannon>,
  target: Target,
  before: Used,
): () => Promise<Omit<Measurement, 'failures'>> {
  const times: number[] = [];
  let last = 0;
  const begun = performance.now();
  const ownCpu = process.cpuUsage();
  const wholeCpu = machineCpuTime();
  const onResponse = (_client: unknown, _status: number, _bytes: number, ms: number) => {
    times.push(ms);
    last = performance.now();
  };
  run.on('response', onResponse);
  return async () => {
    run.off('response', onResponse);
    const after = await usedBy(target);
    const used = after.all - before.all;
    const { user, system } = process.cpuUsage(ownCpu);
    const othersUsed = machineCpuTime() - wholeCpu - used - user - system;
    const wholeMs = performance.now() - begun;
    const ms = last - begun;
    times.sort((a, b) => a - b);
    return {
      requests: times.length,
      requestsPerSecond: (times.length * 1000) / ms,
      microseconds: used / times.length,
      databaseMicroseconds: (after.database - before.database) / times.length,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      loadCpu: (user + system) / 1000 / ms,
      others: Math.max(0, othersUsed / 1000 / wholeMs),
    };
  };
}

function withFailures(
  measured: Omit<Measurement, 'failures'>,
  result: Awaited<ReturnType<typeof autocannon>>,
): Measurement {
  return { ...measured, failures: result.errors + result.non2xx + result.mismatches };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
