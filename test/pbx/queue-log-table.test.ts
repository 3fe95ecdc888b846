import { createServer } from 'node:net';
import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { QueueLogLine } from '../../src/pbx/asterisk/queue-log.ts';
import type { QueueLogReader } from '../../src/pbx/asterisk/queue-log-reader.ts';
import { createQueueLogTableReader, type QueueLogTableOptions } from '../../src/pbx/asterisk/queue-log-table.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres-server.ts';

/** The columns that Asterisk's own scripts make. */
const TEXTS = 'callid varchar(80), queuename varchar(256), agent varchar(80), event varchar(32)';
const FIVE = 'data1 varchar(100), data2 varchar(100), data3 varchar(100), data4 varchar(100), data5 varchar(100)';
const CONTRIB = `id bigserial NOT NULL, time timestamp, ${TEXTS}, ${FIVE}, PRIMARY KEY (id), UNIQUE (id)`;
const UNNUMBERED = `time varchar(26), ${TEXTS}, data varchar(100)`;

/** 2026-11-23 20:16:40 UTC. */
const T = 1_795_465_000;
const wall = (at: number) => new Date(at * 1000).toISOString().slice(0, 23).replace('T', ' ');

/** A table in a database of its own, and a reader that remembers its place as text, as a database would. */
async function table(
  columns = CONTRIB,
  { parameters = 'zone=UTC', ...options }: QueueLogTableOptions & { parameters?: string } = {},
) {
  const url = await createTestDatabase();
  const sql = connect(url, 'writer');
  await sql.unsafe(`CREATE TABLE queue_log (${columns})`);
  const address = `${url}?${parameters}`;
  const reader = open(address, options);
  return {
    ...{ url, address, sql, reader },
    ...remembering(reader),
    /** Rows whose number is also their time. */
    async write(...numbers: number[]) {
      const hasNumbers = columns.startsWith('id');
      for (const n of numbers) {
        await sql`INSERT INTO queue_log ${sql({
          ...(hasNumbers && { id: n }),
          ...{ time: wall(T + n), callid: `1.${n}`, queuename: 'sales', agent: 'NONE', event: 'ABANDON' },
        })}`;
      }
    },
  };
}

function connect(url: string, name = 'test') {
  const sql = postgres(url, { max: 2, onnotice: () => undefined, connection: { application_name: name } });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

function open(address: string, options?: QueueLogTableOptions): QueueLogReader {
  const reader = createQueueLogTableReader(address, options);
  onTestFinished(() => reader.close());
  return reader;
}

function remembering(reader: QueueLogReader) {
  let stored: string | undefined;
  const readLines = async () => {
    const lines: QueueLogLine[] = [];
    let hasGap = false;
    for (let turn = 0; turn < 1000; turn += 1) {
      const read = await reader.read(stored === undefined ? undefined : JSON.parse(stored));
      lines.push(...read.lines);
      hasGap ||= read.isGap;
      stored = JSON.stringify(read.position);
      if (read.isAtEnd) return { lines, hasGap };
    }
    throw new Error('reading found no end');
  };
  return {
    readLines,
    /** Everything there is to read, and whether something was lost. */
    async read() {
      const { lines, hasGap } = await readLines();
      return { seen: lines.map(({ at }) => at - T), hasGap };
    },
    place: () => stored,
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe.each([
  ['numbered rows', CONTRIB],
  ['rows without numbers', UNNUMBERED],
])('following queue_log in a table of %s', (_name, columns) => {
  it('begins with what comes from then on, and tells nothing twice', async () => {
    const { write, read, place } = await table(columns);
    await write(1, 2, 3);
    expect(await read()).toEqual({ seen: [], hasGap: false });
    await write(4, 5);
    expect(await read()).toEqual({ seen: [4, 5], hasGap: false });
    const before = place();
    expect(await read()).toEqual({ seen: [], hasGap: false });
    expect(place()).toBe(before);
  });

  it('reads from the first row on when the table was empty, in pieces however small', async () => {
    const { write, read } = await table(columns, { maxRows: 7, parameters: 'zone=UTC' });
    expect(await read()).toEqual({ seen: [], hasGap: false });
    await write(...range(1, 50));
    expect(await read()).toEqual({ seen: range(1, 50), hasGap: false });
  });

  it('tells of a row that becomes visible after later ones, with what followed it', async () => {
    const { sql, write, read } = await table(columns);
    await write(10);
    await read();
    const written = Promise.withResolvers<void>();
    const isDue = Promise.withResolvers<void>();
    const late = sql.begin(async (slow) => {
      const row = { time: wall(T + 12), callid: '1.12', queuename: 'sales', event: 'ENTERQUEUE' };
      await slow`INSERT INTO queue_log ${slow(columns === CONTRIB ? { id: 12, ...row } : row)}`;
      written.resolve();
      await isDue.promise;
    });
    await written.promise;
    await write(11, 13, 14);
    expect(await read()).toEqual({ seen: [11, 13, 14], hasGap: false });
    isDue.resolve();
    await late;
    expect(await read()).toEqual({ seen: [12, 13, 14], hasGap: false });
    expect(await read()).toEqual({ seen: [], hasGap: false });
  });

  it('knows no gap when old rows are deleted, and one when what followed may be gone', async () => {
    const { sql, write, read } = await table(columns);
    await write(100, 200);
    await read();
    await sql`DELETE FROM queue_log WHERE callid = '1.100'`;
    await write(201);
    expect(await read()).toEqual({ seen: [201], hasGap: false });
    await sql`DELETE FROM queue_log`;
    expect(await read()).toEqual({ seen: [], hasGap: false });
    await write(300);
    expect(await read()).toEqual({ seen: [300], hasGap: true });
    expect(await read()).toEqual({ seen: [], hasGap: false });
  });

  it('takes the place in a file, read before, for none', async () => {
    const { reader, write } = await table(columns);
    await write(1);
    const read = await reader.read({ inode: '1', offset: 5, head: '', at: 0 });
    expect(read).toMatchObject({ lines: [], isAtEnd: true, isGap: true });
  });
});

describe('following queue_log in a table of numbered rows', () => {
  it('knows no gap when all was read before it was deleted', async () => {
    const { sql, write, read } = await table();
    await write(1, 2);
    await read();
    await sql`TRUNCATE queue_log`;
    await write(3, 4);
    expect(await read()).toEqual({ seen: [3, 4], hasGap: false });
  });

  it('goes on, with a gap, in a table whose numbers begin anew, and leaves out what is older than the place', async () => {
    const { sql, write, read } = await table();
    await write(500);
    await read();
    await sql`DELETE FROM queue_log`;
    const row = (id: number, at: number) => ({
      id,
      time: wall(T + at),
      callid: '1.1',
      queuename: 'a',
      event: 'ABANDON',
    });
    await sql`INSERT INTO queue_log ${sql([row(1, 3), row(2, 501), row(3, 502)])}`;
    expect(await read()).toEqual({ seen: [501, 502], hasGap: true });
    // As many rows as before, but others.
    await sql`DELETE FROM queue_log`;
    await sql`INSERT INTO queue_log ${sql([row(2, 600), row(3, 601), row(4, 602)])}`;
    expect(await read()).toEqual({ seen: [600, 601, 602], hasGap: true });
  });

  it('does not wait for numbers that were skipped, and remembers few of them', async () => {
    const { write, read, place } = await table();
    await write(1);
    await read();
    await write(2, 1_000_000);
    expect(await read()).toEqual({ seen: [2, 1_000_000], hasGap: false });
    expect(place()?.length).toBeLessThan(8000);
    await write(1_000_001);
    expect(await read()).toEqual({ seen: [1_000_001], hasGap: false });
  });
});

describe('following queue_log in a table of a million rows', () => {
  it.each([
    ['its number', CONTRIB, 'SELECT', { id: 0, time: null, holes: [], since: 0 }],
    ['its time', UNNUMBERED, 'CREATE INDEX ON queue_log (time)', { time: wall(T - 1_999_991), seen: [] }],
  ])(
    'finds what is new by %s, without reading it through',
    { timeout: 120_000 },
    async (_name, columns, index, early) => {
      const { url, address, write } = await table(columns);
      await fill(url, index);
      const count = await counting(url);
      const reader = open(address);
      let { position } = await reader.read(undefined);
      await write(1_000_001);
      for (let turn = 0; turn < 10; turn += 1) position = (await reader.read(position)).position;
      await reader.close();
      // Far behind, it is read piece by piece.
      const slow = open(address, { maxRows: 50 });
      expect((await slow.read(early)).isAtEnd).toBe(false);
      await slow.close();
      const { scanned, fetched } = await count();
      expect(scanned).toBe(0);
      expect(fetched).toBeGreaterThan(0);
      expect(fetched).toBeLessThan(500);
    },
  );

  it('refuses one without an index, and says which it needs', { timeout: 120_000 }, async () => {
    const { url, address } = await table(UNNUMBERED);
    await fill(url, 'SELECT');
    await expect(open(address).read(undefined)).rejects.toThrow(
      /queue_log at .*: all of its \d+ MiB would be read each second: CREATE INDEX ON it \(time\)/,
    );
  });

  async function fill(url: string, then: string) {
    const sql = postgres(url, { max: 1 });
    await sql`ALTER TABLE queue_log SET UNLOGGED`;
    await sql`
      INSERT INTO queue_log (time, callid, queuename, agent, event)
      SELECT to_timestamp(${T} - 2000000 + n) AT TIME ZONE 'UTC', '1.' || n, 'sales', 'NONE', 'ABANDON'
      FROM generate_series(1, 1000000) AS n`;
    await sql.unsafe(then);
    await sql.end();
  }

  /** Rows read by scanning and by an index, from now until asked. Each connection is counted when it has ended. */
  async function counting(url: string) {
    const judge = postgres(url, { max: 1 });
    onTestFinished(() => judge.end());
    const isAlone = async () => {
      const others = await judge`
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
          AND application_name <> 'writer'`;
      return others.length === 0;
    };
    const counts = async () => {
      await expect.poll(isAlone).toBe(true);
      const [row] = await judge<{ scanned: number; fetched: number }[]>`
        SELECT seq_tup_read::int AS scanned, coalesce(idx_tup_fetch, 0)::int AS fetched FROM pg_stat_user_tables`;
      return row!;
    };
    const before = await counts();
    return async () => {
      const after = await counts();
      return { scanned: after.scanned - before.scanned, fetched: after.fetched - before.fetched };
    };
  }
});

describe('a row of queue_log', () => {
  const row = { callid: '1795465000.7', queuename: 'sales', event: 'ENTERQUEUE' };

  it.each([
    ['timestamp', wall(T), 'UTC'],
    ['timestamp', '2026-11-23 21:16:40.999999', 'Europe/Berlin'],
    ['timestamptz', '2026-11-23 15:16:40.5-05', 'Europe/Berlin'],
    ['char(26)', '2026-11-23 21:16:40', 'Europe/Berlin'],
    ['varchar(26)', '2026-11-23 21:16:40.123456', 'Europe/Berlin'],
    ['text', '2026-11-23T15:16:40.123-0500', 'Europe/Berlin'],
    ['text', `${T}`, 'Europe/Berlin'],
    ['text', `${T}.75`, 'Europe/Berlin'],
    ['integer', `${T}`, 'Europe/Berlin'],
    ['numeric(20,6)', `${T}.75`, 'Europe/Berlin'],
  ])('has its time in a column of %s as %s, in %s', async (type, time, zone) => {
    for (const id of ['id serial PRIMARY KEY,', '']) {
      const { sql, readLines } = await table(`${id} time ${type}, ${TEXTS}, data text`, { parameters: `zone=${zone}` });
      await sql`ALTER ROLE postgres SET DateStyle = 'German'`;
      await readLines();
      await sql.unsafe(
        `INSERT INTO queue_log (time, callid, queuename, event) VALUES ('${time}', '1.1', 'sales', 'ABANDON')`,
      );
      expect((await readLines()).lines.map(({ at }) => at)).toEqual([T]);
      expect((await readLines()).lines).toEqual([]);
    }
  });

  it('is of the second of two equal hours when its call began only then', async () => {
    const { sql, readLines } = await table(CONTRIB, { parameters: 'zone=Europe/Berlin' });
    await readLines();
    // Clocks were set from 3:00 back to 2:00 at 01:00 UTC.
    const first = Date.UTC(2026, 9, 25, 0, 30) / 1000;
    const written = { time: '2026-10-25 02:30:00', queuename: 'a', event: 'ABANDON' };
    await sql`INSERT INTO queue_log ${sql([
      { ...written, callid: `${first - 60}.1` },
      { ...written, callid: `pbx-${first + 3500}.2` },
      { ...written, callid: 'own-name' },
    ])}`;
    expect((await readLines()).lines.map(({ at }) => at - first)).toEqual([0, 3600, 0]);
  });

  it('has its data in five columns or in one, and none behind the last', async () => {
    const { sql, readLines } = await table(`id serial PRIMARY KEY, time timestamp, ${TEXTS}, data text, ${FIVE}`);
    await readLines();
    const written = { time: wall(T), agent: 'NONE', ...row };
    await sql`INSERT INTO queue_log ${sql({ ...written, data1: '', data2: '+441632960001', data3: '1', data4: '' })}`;
    await sql`INSERT INTO queue_log ${sql({ ...written, data: '|+441632960001|1' })}`;
    await sql`INSERT INTO queue_log ${sql(written)}`;
    const line = { at: T, legId: row.callid, queue: 'sales', event: 'ENTERQUEUE' };
    const data = ['', '+441632960001', '1'];
    expect((await readLines()).lines).toEqual([
      { ...line, data },
      { ...line, data },
      { ...line, data: [] },
    ]);
  });

  it('is passed over when it is none', async () => {
    const { sql, readLines } = await table(`id serial PRIMARY KEY, time text, ${TEXTS}, data text`);
    await readLines();
    const good = { time: wall(T), ...row };
    const rows = [
      { ...good, time: 'yesterday' },
      { ...good, time: null },
      { ...good, callid: null },
      { ...good, event: '' },
      { ...good, time: '2026-02-30 00:00:00' },
      good,
    ];
    await sql`INSERT INTO queue_log ${sql(rows)}`;
    expect((await readLines()).lines.map(({ legId }) => legId)).toEqual([row.callid]);
  });
});

describe('reading queue_log from a table', () => {
  it('finds it in another schema and under another name, letter by letter', async () => {
    const url = await createTestDatabase();
    const sql = connect(url);
    await sql.unsafe(`CREATE SCHEMA "Pbx"; CREATE TABLE "Pbx"."Log" (${CONTRIB})`);
    const { read } = remembering(open(`${url}?table=Pbx.Log&zone=UTC`));
    await read();
    await sql`INSERT INTO "Pbx"."Log" (time, callid, event) VALUES (${wall(T + 1)}, '1.1', 'ABANDON')`;
    expect(await read()).toEqual({ seen: [1], hasGap: false });
    await expect(open(`${url}?table=pbx.log`).read(undefined)).rejects.toThrow('pbx.log at 127.0.0.1');
  });

  it('says what is missing, and reads on when it is there', async () => {
    const url = await createTestDatabase();
    const sql = connect(url);
    const { read } = remembering(open(`${url}?zone=UTC`));
    await expect(read()).rejects.toThrow(/queue_log at .* cannot be read: there is no such table/);
    await sql`CREATE TABLE queue_log (id bigserial PRIMARY KEY, time point, agent text)`;
    await expect(read()).rejects.toThrow('no column callid, queuename, event');
    await sql`ALTER TABLE queue_log ADD callid text, ADD queuename text, ADD event text`;
    await expect(read()).rejects.toThrow('time is of the type point');
    await sql`ALTER TABLE queue_log DROP time, ADD time timestamptz`;
    expect(await read()).toEqual({ seen: [], hasGap: false });
  });

  it('needs no right but to read, and cannot write', async () => {
    const { sql, url, write } = await table();
    await write(1);
    const role = `reader_${new URL(url).pathname.slice(1)}`;
    await sql.unsafe(`CREATE ROLE ${role} LOGIN`);
    onTestFinished(async () => {
      const last = connect(url);
      await last.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    });
    const as = Object.assign(new URL(url), { username: role, search: '?zone=UTC' }).href;
    await expect(open(as).read(undefined)).rejects.toThrow('permission denied for table queue_log');
    await sql.unsafe(`GRANT SELECT ON queue_log TO ${role}`);
    expect(await open(as).read(undefined)).toMatchObject({ isAtEnd: true });
    // Whatever the table is: a view whose function writes.
    await sql.unsafe(`
      CREATE TABLE witness (n integer);
      CREATE FUNCTION note() RETURNS bigint LANGUAGE sql AS 'INSERT INTO witness VALUES (1); SELECT 1::bigint';
      CREATE VIEW noting AS SELECT note() AS id, time, callid, queuename, event FROM queue_log`);
    await expect(open(`${url}?table=noting`).read(undefined)).rejects.toThrow('read-only transaction');
  });

  it('gives up a statement that takes too long, and lets go of its connection', async () => {
    const { sql, address, write } = await table();
    await write(1);
    const reader = open(address, { statementLimitMs: 100 });
    await reader.read(undefined);
    const locked = Promise.withResolvers<void>();
    const isDone = Promise.withResolvers<void>();
    const holding = sql.begin(async (holder) => {
      await holder`LOCK TABLE queue_log`;
      locked.resolve();
      await isDone.promise;
    });
    await locked.promise;
    await expect(reader.read(undefined)).rejects.toThrow('statement timeout');
    const isFree = async () =>
      (await sql`SELECT FROM pg_stat_activity WHERE application_name = 'callqueue'`).length === 0;
    await expect.poll(isFree).toBe(true);
    isDone.resolve();
    await holding;
    expect(await reader.read(undefined)).toMatchObject({ isAtEnd: true });
  });

  it('says that the server is away, without the password, and reads on when it is back', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    await connect(server.url).unsafe(`CREATE TABLE queue_log (${CONTRIB})`);
    const url = server.url.replace('postgres@', 'postgres:hush-hush@');
    const { read } = remembering(open(`${url}?zone=UTC`));
    await read();
    await server.kill9();
    const failure = await read().catch((error) => error);
    expect(failure).toMatchObject({ code: 'queue_log_table' });
    const again = await read().catch((error) => error);
    expect(again.message).toMatch(
      /^The table queue_log at 127\.0\.0\.1:\d+\/postgres cannot be read: connect ECONNREFUSED/,
    );
    expect(JSON.stringify([failure.message, again.message, failure.stack, again.stack])).not.toContain('hush');
    await server.restart();
    await connect(server.url)`INSERT INTO queue_log (time, callid, event) VALUES (${wall(T + 1)}, '1.1', 'ABANDON')`;
    expect(await read()).toEqual({ seen: [1], hasGap: false });
  });

  it('gives up a server that takes the connection and says nothing', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    onTestFinished(() => new Promise<void>((resolve) => silent.close(() => resolve())));
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const reader = open(`postgres://a@127.0.0.1:${port}/a`, { statementLimitMs: 200 });
    await expect(reader.read(undefined)).rejects.toThrow(`queue_log at 127.0.0.1:${port}/a cannot be read`);
  });

  it.each([
    ['nonsense', 'cannot be read as an address'],
    ['mysql://a:hush@h/d', 'begins with neither'],
    ['postgres://a:hush@h/', 'names no database'],
    ['postgres://h/d', 'names no user'],
    ['postgres://a:hush%@h/d', 'percent-encoded'],
    ['postgres://a:hush@h/d?table=a"b', 'other characters'],
    ['postgres://a:hush@h/d?table=a.b.c', 'other characters'],
    ['postgres://a:hush@h/d?zone=Mars', 'names a zone'],
    ['postgres://a:hush@h/d?sslmode=maybe', 'disable, prefer, require, verify-full'],
    ['postgres://a:hush@h/d?tabel=x', 'other than table, zone and sslmode'],
  ])('refuses the address %s without showing its password', (address, mistake) => {
    const message = (() => {
      try {
        return createQueueLogTableReader(address).place;
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toContain(`pbx.queue_log: `);
    expect(message).toContain(mistake);
    expect(message).not.toContain('hush');
  });
});
