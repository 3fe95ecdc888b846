import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkplace, type Started, type Workplace } from '../support/cli.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';

const TOKEN = 'a-token-of-the-settings-that-nobody-guesses';
const SECRET = 'geheim';

let url: URL;
let place: Workplace;
beforeEach(async () => {
  url = new URL(await createTestDatabase());
  // Any password is taken by the PostgreSQL of the tests; none is ever to be shown.
  url.password = SECRET;
  const settings = { CALLQUEUE_DATABASE: url.href, CALLQUEUE_UNSAFE_DATABASE: '1', CALLQUEUE_TOKEN: TOKEN };
  place = createWorkplace({ ...settings, CALLQUEUE_PORT: '0', CALLQUEUE_TIMEZONE: 'UTC' });
});
afterEach(() => place.remove());

async function addressOf(started: Started): Promise<string> {
  const address = /answers at (http:\S+)/.exec(await started.firstLine)?.[1];
  if (address === undefined) throw new Error(`Unexpected: ${await started.firstLine}`);
  return address;
}

async function ask(address: string, parameters: object) {
  const response = await fetch(address, {
    method: 'POST',
    body: JSON.stringify(parameters),
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  });
  const body = (await response.json()) as { results: Record<string, unknown>[] | null; messages: string[] };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), ...body };
}

describe('callqueue over PostgreSQL', () => {
  it('starts three instances at once over an empty database, and each sees at once what another has stored', async () => {
    const started = [place.start(['serve']), place.start(['serve']), place.start(['serve'])];
    const addresses = await Promise.all(started.map(addressOf));
    for (const [index, address] of addresses.entries()) {
      const saved = await ask(address, {
        action: 'save',
        data: { project_id: 1, calls: [{ caller_id: `+44163296000${index}`, external_id: 'x' }] },
      });
      expect(saved.messages).toEqual([]);
      for (const other of addresses) {
        expect((await ask(other, { action: 'read' })).results).toHaveLength(index + 1);
      }
    }
    const claims = await Promise.all(
      [...addresses, ...addresses].map((address, index) =>
        ask(address, { action: 'claim', data: { agent: `agent ${index}` } }),
      ),
    );
    const claimed = claims.flatMap(({ results }) => results ?? []).map(({ id }) => id);
    expect(claimed.sort()).toEqual([1, 2, 3]);
    const system = await ask(addresses[0] as string, { action: 'system' });
    expect(system.results?.[0]).toMatchObject({ database: { kind: 'postgres', bytes: expect.any(Number) } });
    for (const { process } of started) process.kill('SIGTERM');
    for (const { outcome } of started) {
      const { code, stdout, stderr } = await outcome;
      expect(code, stderr).toBe(0);
      expect(stdout + stderr).not.toContain(SECRET);
    }
  }, 60_000);

  it('answers 503 while PostgreSQL is away, and goes on when it is back', async () => {
    const proxy = await startPostgresProxy(url.href);
    place.env.CALLQUEUE_DATABASE = proxy.url;
    const address = await addressOf(place.start(['serve']));
    expect((await ask(address, { action: 'read' })).status).toBe(200);
    proxy.cut();
    const away = await ask(address, { action: 'read' });
    expect(away.status).toBe(503);
    expect(Number(away.retryAfter)).toBeGreaterThan(0);
    proxy.mend();
    expect((await ask(address, { action: 'read' })).status).toBe(200);
    await proxy.stop();
  }, 60_000);

  it('waits at the start for a PostgreSQL that is not there yet, and may be stopped meanwhile', async () => {
    const proxy = await startPostgresProxy(url.href);
    proxy.cut();
    place.env.CALLQUEUE_DATABASE = proxy.url;
    const waiting = place.start(['serve']);
    const other = place.start(['serve']);
    await expect.poll(() => waiting.said(), { timeout: 20_000 }).toContain('cannot be used yet');
    await expect.poll(() => other.said(), { timeout: 20_000 }).toContain('cannot be used yet');
    other.process.kill('SIGTERM');
    expect((await other.outcome).code).toBe(0);
    proxy.mend();
    expect((await ask(await addressOf(waiting), { action: 'read' })).status).toBe(200);
    await proxy.stop();
  }, 60_000);

  it('makes a first token in the working directory when no token is set', async () => {
    place.env.CALLQUEUE_TOKEN = '';
    const started = place.start(['serve']);
    await started.firstLine;
    expect(statSync(place.path('first-token.txt')).mode & 0o777).toBe(0o600);
  });

  it('lets commands list, import, export, make tokens and migrate, and says who makes backups', async () => {
    expect(await place.run(['migrate', '--dry-run'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^postgres:\/\/127.*would be changed: made anew with schema \d+\n$/),
    });
    expect((await place.run(['list'])).stderr).toContain('start the server once, or run callqueue migrate');
    expect((await place.run(['migrate'])).code).toBe(0);
    expect(await place.run(['migrate'])).toMatchObject({ stdout: expect.stringContaining('is up to date') });
    place.write('calls.csv', 'caller_id,external_id,outbound_type\n+441632960001,a,manual\n+441632960002,b,manual\n');
    const imported = await place.run(['import', 'calls.csv']);
    expect(imported.code, imported.stderr).toBe(0);
    expect((await place.run(['export', '--output', 'out.csv'])).code).toBe(0);
    expect(place.read('out.csv')).toContain('+441632960002');
    expect((await place.run(['token', 'create', '--name', 'CRM', '--scope', 'read'])).code).toBe(0);
    expect((await place.run(['token', 'list'])).stdout).toContain('CRM');
    const backup = await place.run(['backup', 'copy.db']);
    expect(backup.code).not.toBe(0);
    expect(backup.stderr).toContain('pg_dump');
    const { stdout } = await place.run(['doctor']);
    expect(stdout).toMatch(/ok {4}database: postgres:\/\/\S+, \S+ \S+, PostgreSQL 18/);
    expect(stdout).toMatch(/warn {2}database: fsync=off/);
    expect(stdout).toMatch(/ok {4}calls: 2 calls/);
    expect(stdout).not.toContain(SECRET);
    place.env.CALLQUEUE_UNSAFE_DATABASE = '';
    expect((await place.run(['serve'])).stderr).toContain('fsync=off');
  });
});
