import { machineCpuTime } from './cpu-time.ts';
import type { Measurement, Target } from './load.ts';
import { type Credentials, createAsker, readBody } from './requests.ts';

/**
 * Agents who claim the best call and complete it, again and again, each over a connection of its own. Autocannon cannot do
 * that, as what is completed is known only from the answer before. A request is one of the two.
 */
export async function loadAgents(
  target: Target,
  credentials: Credentials,
  { connections, pairs }: { connections: number; pairs: number },
): Promise<Measurement> {
  const times: number[] = [];
  let failures = 0;
  let left = pairs;
  const agent = async (name: string) => {
    const ask = createAsker(target.url, credentials);
    const timed = async (parameters: Parameters<typeof readBody>[0]) => {
      const body = readBody(parameters, credentials);
      const begun = performance.now();
      const answer = await ask(body);
      times.push(performance.now() - begun);
      const { has_error, results } = JSON.parse(answer.body.toString());
      // A claim that finds nothing means that there is too little in the list to measure anything.
      if (answer.status !== 200 || has_error !== false || results.length !== 1) failures += 1;
      return results[0] as { id: number } | undefined;
    };
    while (left > 0) {
      left -= 1;
      const call = await timed({ action: 'claim', data: { agent: name } });
      if (call !== undefined)
        await timed({ action: 'complete', data: { agent: name, id: call.id, result: 'answered' } });
    }
  };

  const begun = performance.now();
  const serverCpu = await target.cpuTime();
  const databaseCpu = await target.databaseCpuTime?.();
  const ownCpu = process.cpuUsage();
  const wholeCpu = machineCpuTime();
  await Promise.all(Array.from({ length: connections }, (_, index) => agent(`agent-${connections}-${index}`)));
  const ms = performance.now() - begun;
  const used = (await target.cpuTime()) - serverCpu;
  const usedByDatabase = databaseCpu === undefined ? Number.NaN : (await target.databaseCpuTime!()) - databaseCpu;
  const { user, system } = process.cpuUsage(ownCpu);
  times.sort((a, b) => a - b);
  const quantile = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return {
    requests: times.length,
    requestsPerSecond: (times.length * 1000) / ms,
    microseconds: used / times.length,
    databaseMicroseconds: usedByDatabase / times.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    loadCpu: (user + system) / 1000 / ms,
    others: Math.max(0, (machineCpuTime() - wholeCpu - used - user - system) / 1000 / ms),
    failures,
  };
}
