import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as passed } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/app/open-store.ts';
import { loadSettings } from '../../src/config.ts';
import type { Store } from '../../src/core/call-store.ts';
import { exportDatabase } from '../../src/store/sqlite/export-database.ts';
import { createWorkplace, type Workplace } from '../support/cli.ts';
import { execute, NOW, save } from '../support/commands.ts';
import { fillInstallation, REPEATED } from '../support/full-installation.ts';
import { createTestDatabase } from '../support/postgres.ts';

/** Where the installation is made that tests begin with copies of. */
let origin: Workplace;
let place: Workplace;
let url: string;
beforeAll(async () => {
  origin = createWorkplace();
  await withStore(openStore(settings(origin)), fillInstallation);
});
afterAll(() => origin.remove());
beforeEach(async () => {
  place = createWorkplace({ CALLQUEUE_PORT: '0', CALLQUEUE_UNSAFE_DATABASE: '1' });
  url = await createTestDatabase();
});
afterEach(() => place.remove());

const settings = (at = place) => loadSettings({ env: at.env, cwd: at.folder });
const move = (...options: string[]) => place.run(['migrate', '--to', url, ...options]);
const file = (at = place) => at.path('data/callqueue.db');
const openTarget = () => openStore({ ...settings(), database: url });

async function withStore<T>(opened: Promise<Store>, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await opened;
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function fill(): void {
  mkdirSync(dirname(file()), { recursive: true });
  copyFileSync(file(origin), file());
}

/** A connection to the target that is none of callqueue's. */
function connect(): Sql {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  onTestFinished(() => sql.end({ timeout: 0 }));
  return sql;
}

/** Everything that a store answers. */
async function answersOf(store: Store) {
  const moment = { now: NOW, pbxConnected: false };
  const query = { filter: {}, sort: 'id', limit: 1_000, at: { page: 1 }, moment } as const;
  const rendered = await store.readRendered(query);
  const { calls } = await store.readCalls(query);
  const feed = { limit: 1_000, projectIds: null, filter: {}, moment };
  return {
    calls,
    rendered: { ...rendered, json: Buffer.from(rendered.json).toString() },
    found: (await store.readCalls({ ...query, filter: { search: 'ana po' } })).calls,
    byNumber: (await store.readCalls({ ...query, filter: { search: '960050' } })).calls,
    history: await Promise.all(calls.map(({ id }) => store.history(id, null))),
    changes: await store.changes({ ...feed, since: 1 }),
    oldChanges: await store.changes({ ...feed, since: 0 }),
    lastSequence: await store.lastSequence(),
    tokens: await store.listTokens(),
    gaps: await store.captureGaps({ since: 0, limit: 100 }),
    unlisted: await store.unlistedMisses({ since: 0, projectIds: null }),
    place: await store.keptPlace('asterisk-1', 'queue_log'),
    ownChannel: await store.isOwnChannel('callqueue-2'),
    doNotCall: await store.doNotCall({ now: NOW, projectIds: null, numbers: null, page: 1, limit: 100 }),
    stats: await store.stats({}, moment),
  };
}

/** How many rows the tables of the target hold; undefined where there are no tables. */
async function rowsThere(sql: Sql): Promise<Record<string, unknown> | undefined> {
  const [found] = await sql`SELECT to_regclass('calls') AS calls`;
  if (found?.calls === null) return undefined;
  const [counts] =
    await sql`SELECT (SELECT count(*)::int FROM calls) AS calls, (SELECT count(*)::int FROM history) AS history,
    (SELECT count(*)::int FROM tokens) AS tokens, (SELECT last_sequence::int FROM counters) AS sequence,
    (SELECT count(*)::int FROM pg_index WHERE indrelid = 'calls'::regclass) > 20 AS "hasIndexes"`;
  return { ...counts };
}

const NOTHING = { calls: 0, history: 0, tokens: 0, sequence: 0, hasIndexes: true };

const markOf = async (sql: Sql) => (await sql`SELECT value FROM meta WHERE name = 'backup_made_at'`)[0]?.value;

describe('callqueue migrate --to', () => {
  it('takes everything along: ids, rows, history, change feed, tokens, what is kept of the PBX', async () => {
    fill();
    const here = await withStore(openStore(settings()), answersOf);
    const { code, stdout } = await move();
    expect(code).toBe(0);
    expect(stdout).toContain(' holds what ');
    const there = await withStore(openTarget(), answersOf);
    expect(there).toEqual(here);
    expect(here.calls.length).toBeGreaterThan(700);
    expect(here.oldChanges.reset).toBe(true);
    expect(here.found.length).toBeGreaterThan(300);
  });

  it('goes on there where it ended here: the next id, change and token, and repeats of earlier requests', async () => {
    fill();
    const here = await withStore(openStore(settings()), answersOf);
    await move();
    await withStore(openTarget(), async (store) => {
      const repeated = await execute(store, REPEATED.command, REPEATED.context);
      expect(repeated).toMatchObject({ kind: 'saved', calls: [{ outcome: 'created' }] });
      expect(await store.lastSequence()).toBe(here.lastSequence);
      const [fresh] = await save(store, [{ externalId: 'first one there' }]);
      expect(fresh?.id).toBe(Math.max(...here.calls.map(({ id }) => id)) + 1);
      expect(await store.lastSequence()).toBe(here.lastSequence + 1);
      const token = {
        name: 'n',
        sealedKey: null,
        scope: 'read',
        projectIds: null,
        agent: null,
        createdAt: NOW,
      } as const;
      expect((await store.addToken({ ...token, hash: Buffer.alloc(32) })).id).toBe(3);
    });
  });

  it('lets the same tokens in at a server that is started there', async () => {
    const token = JSON.parse(
      (await place.run(['token', 'create', '--name', 'crm', '--no-key', '--json'])).stdout,
    ).token;
    place.write('calls.csv', 'caller_id\n+441632960001\n');
    await place.run(['import', 'calls.csv']);
    expect((await move()).code).toBe(0);
    place.env.CALLQUEUE_DATABASE = url;
    const server = place.start(['serve']);
    const [address] = /http:\S+/.exec(await server.firstLine) ?? [];
    const answer = await fetch(`${address}?action=read`, { headers: { Authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ results: [{ id: 1, caller_id: '+441632960001' }] });
  });

  it('leaves out no table and no column', async () => {
    await place.run(['migrate']);
    const exported = exportDatabase({ path: file(), isAlone: true });
    const moved = Object.fromEntries(exported.tables.map(({ table, columns }) => [table, [...columns].sort()]));
    exported.close();
    const database = new DatabaseSync(file(), { readOnly: true });
    const rows = database
      .prepare(
        `SELECT t.name AS "table", c.name AS "column" FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
          WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'names%'`,
      )
      .all() as { table: string; column: string }[];
    database.close();
    const there = Object.groupBy(rows, ({ table }) => table);
    const { counters, ...own } = moved;
    // Counted anew.
    delete there.call_counts;
    expect(counters).toEqual(['changes_removed_through', 'is_only', 'last_id', 'last_sequence']);
    expect(own).toEqual(
      Object.fromEntries(Object.entries(there).map(([table, all]) => [table, all?.map(({ column }) => column).sort()])),
    );
  });

  it('leaves tables, indexes and rules of the target as a fresh installation has them', async () => {
    fill();
    const fresh = await createTestDatabase();
    await (await openStore({ ...settings(), database: fresh })).close();
    await move();
    const schemaOf = async (address: string) => {
      const sql = postgres(address, { max: 1, onnotice: () => undefined });
      onTestFinished(() => sql.end({ timeout: 0 }));
      return [
        [...(await sql`SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname`)],
        [
          ...(await sql`SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`),
        ],
      ];
    };
    expect(await schemaOf(url)).toEqual(await schemaOf(fresh));
  });

  it('says so and changes nothing when the target holds exactly the same', async () => {
    fill();
    await move();
    const sql = connect();
    const versions = () =>
      sql`SELECT (SELECT max(xmin::text::bigint) FROM calls) AS calls, pg_relation_filenode('calls')`;
    const before = await versions();
    const { code, stdout } = await move();
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('nothing was copied') });
    expect(await versions()).toEqual(before);
  });

  it('does not touch a target that holds something else, names the tables, and replaces it when told to', async () => {
    fill();
    await move();
    const sql = connect();
    await sql`UPDATE history SET reason = 'other' WHERE call_id = 3`;
    const refused = await move();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('--replace');
    expect(refused.stderr.split('\n').filter((line) => line.endsWith('differs'))).toEqual([
      expect.stringMatching(/^history /),
    ]);
    await withStore(openTarget(), (store) => save(store, [{ callerId: '+441632960777', externalId: 'made there' }]));
    expect((await move()).code).toBe(1);
    expect((await move('--replace')).code).toBe(0);
    const here = await withStore(openStore(settings()), answersOf);
    expect(await withStore(openTarget(), answersOf)).toEqual(here);
  });

  it('counts a target on which a server was started once as not empty, as it has a token', async () => {
    fill();
    await withStore(openTarget(), (store) =>
      store.addToken({
        ...{ name: 'first', hash: Buffer.alloc(32), sealedKey: null, scope: 'admin', projectIds: null, agent: null },
        createdAt: NOW,
      }),
    );
    const { code, stderr } = await move();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tokens +2 +1 /m);
  });

  it('fills a target in which there are only tables', async () => {
    fill();
    await (await openTarget()).close();
    expect((await move()).code).toBe(0);
  });

  it('only looks with --dry-run', async () => {
    fill();
    const { code, stdout } = await move('--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('would be copied');
    expect(stdout).toMatch(/^calls +704 +0$/m);
    expect(await rowsThere(connect())).toBeUndefined();
  });

  it('refuses while a server works with the file, and keeps others out of it while it reads', async () => {
    const server = place.start(['serve']);
    await server.firstLine;
    const { code, stderr } = await move();
    expect(code).toBe(1);
    expect(stderr).toContain(`${file()} is in use: stop the server`);
    server.process.kill('SIGTERM');
    await server.outcome;
    const reading = exportDatabase({ path: file(), isAlone: true });
    await expect(openStore(settings())).rejects.toThrow('Another process');
    reading.close();
    expect((await move()).code).toBe(0);
  });

  it('copies beside a running server when told to, and marks that as the copy it is', async () => {
    fill();
    const server = place.start(['serve']);
    await server.firstLine;
    const { code, stderr } = await move('--while-running');
    expect(code).toBe(0);
    expect(stderr).toContain('is missing there');
    const sql = connect();
    expect(Number(await markOf(sql))).toBeGreaterThan(Date.now() / 1000 - 60);
    expect((await move('--while-running')).stdout).toContain('nothing was copied');
    server.process.kill('SIGTERM');
    await server.outcome;
    // Nothing was stored since: now it is the installation itself.
    expect((await move()).stdout).toContain('nothing was copied');
    expect(await markOf(sql)).toBeUndefined();
  });

  it('lets a restored backup stay known as one', async () => {
    fill();
    await place.run(['backup', 'copy.db']);
    place.env.CALLQUEUE_DATABASE = 'sqlite:copy.db';
    expect((await move()).code).toBe(0);
    expect(Number(await markOf(connect()))).toBeGreaterThan(0);
  });

  it('refuses a target to which a callqueue is connected', async () => {
    fill();
    const other = await openTarget();
    await other.checkWritable();
    const { code, stderr } = await move();
    await other.close();
    expect(code).toBe(1);
    expect(stderr).toContain('stop the servers there first');
    expect(await rowsThere(connect())).toEqual(NOTHING);
  });

  it('keeps nothing where the target does not give back what it was given', async () => {
    fill();
    await (await openTarget()).close();
    const sql = connect();
    await sql.unsafe(`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN NEW.priority := NEW.priority + 1; RETURN NEW; END'`);
    await sql`CREATE TRIGGER spoil BEFORE INSERT ON calls FOR EACH ROW WHEN (NEW.id = 300) EXECUTE FUNCTION spoil()`;
    const { code, stderr } = await move();
    expect(code).toBe(1);
    expect(stderr).toContain('not what is read back (calls); nothing was kept');
    expect(await rowsThere(sql)).toEqual(NOTHING);
  });

  it('keeps nothing where the target refuses the very last row', async () => {
    fill();
    await (await openTarget()).close();
    const sql = connect();
    await sql`ALTER TABLE read_places ADD CONSTRAINT ours CHECK (reader <> 'queue_log')`;
    await expect(move()).rejects.toThrow('violates check constraint "ours"');
    expect(await rowsThere(sql)).toEqual(NOTHING);
  });

  it('says which row PostgreSQL cannot keep', async () => {
    fill();
    const database = new DatabaseSync(file());
    database.exec(`UPDATE calls SET campaign_info = 'a' || char(0) || 'b' WHERE id = 9`);
    database.close();
    const { code, stderr } = await move();
    expect(code).toBe(1);
    expect(stderr).toContain('the NUL character that stands in calls, id 9');
    expect(await rowsThere(connect())).toEqual(NOTHING);
  });

  it('needs no more than a user with a schema of its own, beside the tables of others', async () => {
    fill();
    const sql = connect();
    await sql.unsafe(`DO 'BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END'`);
    await sql`CREATE SCHEMA own AUTHORIZATION plain`;
    await sql`CREATE TABLE public.calls (theirs int)`;
    const address = Object.assign(new URL(url), { username: 'plain', search: '?search_path=own' });
    url = address.href;
    expect((await move()).code).toBe(0);
    expect((await move()).stdout).toContain('nothing was copied');
    expect((await sql`SELECT count(*)::int AS count FROM own.calls`)[0]?.count).toBe(704);
    expect((await sql`SELECT count(*)::int AS count FROM public.calls`)[0]?.count).toBe(0);
  });

  it('killed, cut off or interrupted in the middle it leaves the target empty, and the next run fills it', async () => {
    fill();
    await (await openTarget()).close();
    const sql = connect();
    // Holds up whoever inserts the call with this id, until the test lets it go on.
    await sql.unsafe(`CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END'`);
    await sql`CREATE TRIGGER hold_up BEFORE INSERT ON calls FOR EACH ROW WHEN (NEW.id = 650) EXECUTE FUNCTION hold_up()`;
    await sql`SELECT pg_advisory_lock(4711)`;
    const held = () => sql`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`;

    const killed = place.start(['migrate', '--to', url]);
    await until(async () => (await held()).length > 0);
    killed.process.kill('SIGKILL');
    await killed.outcome;
    // PostgreSQL notices when it wants to go on.
    await sql`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`;
    await until(async () => (await held()).length === 0);
    expect(await rowsThere(sql)).toEqual(NOTHING);

    const cutOff = move();
    await until(async () => (await held()).length > 0);
    await sql`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`;
    expect(await cutOff).toMatchObject({ code: 1, stderr: expect.stringContaining('PostgreSQL cannot be reached') });
    expect(await rowsThere(sql)).toEqual(NOTHING);

    const interrupt = new AbortController();
    const interrupted = place.run(['migrate', '--to', url], { signal: interrupt.signal });
    await until(async () => (await held()).length > 0);
    interrupt.abort();
    const { code, stderr } = await interrupted;
    expect(code).toBe(1);
    expect(stderr).toContain('Interrupted: ');
    await sql`SELECT pg_advisory_unlock(4711)`;
    await until(async () => (await held()).length === 0);
    expect(await rowsThere(sql)).toEqual(NOTHING);

    expect((await move()).code).toBe(0);
    expect((await rowsThere(sql))?.calls).toBe(704);
  });

  it('shows no password, whatever goes wrong', async () => {
    fill();
    const secret = new URL(url);
    secret.password = 'geheim';
    const outputs = [];
    for (const to of [
      secret.href,
      secret.href,
      `${secret.href}_not_there`,
      'postgres://callqueue:geheim@127.0.0.1:1/callqueue',
      'postgres://callqueue:geheim@127.0.0.1:99999999/callqueue',
      'postgres://callqueue:geheim@one:1,two:99999999/callqueue',
      'mysql://callqueue:geheim@127.0.0.1/callqueue',
      'callqueue:geheim@127.0.0.1',
    ]) {
      outputs.push(await place.run(['migrate', '--to', to]));
    }
    expect(outputs.map(({ code }) => code)).toEqual([0, 0, 1, 1, 2, 2, 2, 2]);
    for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain('geheim');
  });

  it('needs a database to begin with, of this version, and options that mean something', async () => {
    expect((await move()).stderr).toContain(`There is no database ${file()}`);
    await place.run(['migrate']);
    const database = new DatabaseSync(file());
    database.exec('PRAGMA user_version = 3');
    database.close();
    expect((await move()).stderr).toContain('run callqueue migrate');
    place.env.CALLQUEUE_DATABASE = url;
    expect((await move()).stderr).toContain('name the file: CALLQUEUE_DATABASE=sqlite:');
    expect((await place.run(['migrate', '--replace'])).code).toBe(2);
    expect((await place.run(['migrate', '--while-running'])).code).toBe(2);
  });

  it('takes rows along that were made with other settings; the next start makes them anew', async () => {
    fill();
    place.env.CALLQUEUE_TIMEZONE = 'America/New_York';
    expect((await move()).code).toBe(0);
    const there = await withStore(openTarget(), answersOf);
    const here = await withStore(openStore(settings()), answersOf);
    expect(there).toEqual(here);
  });
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await passed(20);
}
