import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallQueueApiError, type Client, ConflictError } from '#client';
import { judgeConsistency } from './faults/judge.ts';
import { createServerProcess, type ServerProcess } from './faults/server-process.ts';
import { readStored } from './faults/stored.ts';

let folder: string;
let server: ServerProcess;
let client: Client;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callqueue-parallel-'));
  server = createServerProcess({ database: join(folder, 'callqueue.db'), logFolder: folder });
  await server.start();
  client = server.client();
});
afterAll(async () => {
  const stored = await readStored(client, server.database);
  await server.stop();
  rmSync(folder, { recursive: true });
  // Whatever the callers below did at once: rows, history and feed agree.
  expect(judgeConsistency(stored)).toEqual([]);
});

const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.allSettled(Array.from({ length: count }, (_, index) => make(index)));
const values = <T>(results: readonly PromiseSettledResult<T>[]) =>
  results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
const reasons = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
const numbered = (index: number) => `+441632960${String(index).padStart(3, '0')}`;

describe('parallel callers', () => {
  it('make one row by 1,000 saves of one external id', async () => {
    const results = await times(1000, () =>
      client.save({ project_id: 1, calls: [{ caller_id: '+44 1632 960001', external_id: 'order-1' }] }),
    );
    expect(reasons(results)).toEqual([]);
    const saved = values(results).flat();
    expect(Object.groupBy(saved, ({ outcome }) => outcome).created).toHaveLength(1);
    expect(new Set(saved.map(({ id }) => id)).size).toBe(1);
    const { pagination } = await client.read({ filters: { external_id: 'order-1' } });
    expect(pagination.row_count).toBe(1);
  });

  it('get one winner among 200 who claim one call; all others are told who', async () => {
    const [saved] = await client.save({ project_id: 1, calls: [{ caller_id: '+441632960002' }] });
    const id = saved!.id!;
    const results = await times(200, (index) => client.claim({ id, agent: `agent-${index}` }));
    const [winner, ...others] = values(results);
    expect(others).toEqual([]);
    const refused = reasons(results);
    expect(refused).toHaveLength(199);
    for (const reason of refused) {
      expect(reason).toBeInstanceOf(ConflictError);
      expect(reason.errors[0].code).toBe('held');
      expect(reason.messages[0]).toContain(winner!.claimed_by);
    }
    expect((await client.history(id)).map(({ event }) => event)).toEqual(['created', 'claimed']);
  });

  it('get 50 different calls when 50 claim the best one', async () => {
    const calls = Array.from({ length: 60 }, (_, index) => ({ caller_id: numbered(100 + index) }));
    await client.save({ project_id: 1, campaign_name: 'fifty', calls });
    const results = await times(50, (index) =>
      client.claim({ agent: `claimer-${index}`, filters: { campaign: 'fifty' } }),
    );
    expect(reasons(results)).toEqual([]);
    expect(new Set(values(results).map((call) => call?.id)).size).toBe(50);
    expect(new Set(values(results).map((call) => call?.claimed_by)).size).toBe(50);
  });

  it('complete a call once: one is told 200, the other 409', async () => {
    const [saved] = await client.save({ project_id: 1, calls: [{ caller_id: '+441632960003' }] });
    const id = saved!.id!;
    await client.claim({ id, agent: 'ana' });
    const results = await times(2, (index) => client.complete({ id, agent: 'ana', note: `note ${index}` }));
    expect(values(results).map(({ status }) => status)).toEqual(['completed']);
    const [reason] = reasons(results);
    expect(reason).toBeInstanceOf(ConflictError);
    expect(reason.messages.join()).toContain('completed');
    expect((await client.history(id)).map(({ event }) => event)).toEqual(['created', 'claimed', 'completed']);
  });

  it('are not harmed by one bad save among 100', async () => {
    const results = await times(100, (index) => {
      const caller_id = index === 37 ? 'poison' : numbered(200 + index);
      return client.save({ project_id: 1, campaign_name: 'poisoned', calls: [{ caller_id }] });
    });
    expect(reasons(results).map(({ status, messages }: CallQueueApiError) => [status, messages])).toEqual([
      [400, [expect.stringMatching(/^Save error for row 1: .*caller_id/)]],
    ]);
    expect(values(results)).toHaveLength(99);
    const { pagination } = await client.read({ filters: { campaign: 'poisoned' } });
    expect(pagination.row_count).toBe(99);
  });

  it('are not harmed by one that only the database refuses, in the group that stores all of them', async () => {
    const calls = Array.from({ length: 100 }, (_, index) => ({ caller_id: numbered(300 + index) }));
    const saved = await client.save({ project_id: 1, calls });
    // Cancelled beside an id that there is not: what was written for the first is undone, and nothing else.
    const results = await times(100, (index) => {
      const id = saved[index]!.id!;
      return client.cancel({ ids: index === 61 ? [id, 1_000_000] : [id] });
    });
    expect(reasons(results).map(({ status }: CallQueueApiError) => status)).toEqual([404]);
    expect(values(results)).toHaveLength(99);
    const { results: left } = await client.read({ filters: { id: saved.map(({ id }) => id!), status: 'pending' } });
    expect(left.map(({ id }) => id)).toEqual([saved[61]!.id]);
  });
});
