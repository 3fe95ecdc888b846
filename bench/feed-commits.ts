import postgres, { type Sql } from 'postgres';
import { startPostgres } from '../test/support/postgres-server.ts';
import { describeMachine } from './machine.ts';
import { figure, table } from './table.ts';

/*
 * How many transactions a second one PostgreSQL can end that change calls, from however many instances: each takes the row
 * that numbers the change feed, and the lock of NOTIFY, and holds them until its commit is on the disk.
 *
 *     node bench/feed-commits.ts
 *
 * Compared with transactions that only insert, which share their way to the disk.
 */

const CONNECTIONS = [1, 4, 16];
const SECONDS = 3;

const KINDS: readonly { title: string; statements: string }[] = [
  { title: 'insert only', statements: 'INSERT INTO changes VALUES (1)' },
  { title: 'insert, NOTIFY', statements: `INSERT INTO changes VALUES (1); SELECT pg_notify('feed', '1')` },
  { title: 'insert, counter', statements: 'UPDATE counters SET last = last + 1; INSERT INTO changes VALUES (1)' },
  {
    title: 'insert, counter, NOTIFY',
    statements: `UPDATE counters SET last = last + 1; INSERT INTO changes VALUES (1); SELECT pg_notify('feed', '1')`,
  },
];

const server = await startPostgres({ fsync: true });
try {
  const { cpu, cores, loadBefore } = describeMachine();
  const rows: string[][] = [];
  for (const { title, statements } of KINDS) {
    const cells: string[] = [];
    for (const connections of CONNECTIONS)
      cells.push(figure(await commitsPerSecond(server.url, connections, statements)));
    rows.push([title, ...cells]);
  }
  const head = ['transactions/s', ...CONNECTIONS.map((count) => `${count} connections`)];
  process.stdout.write(`${cores} × ${cpu}, load before ${figure(loadBefore, 2)}\n\n${table(head, rows)}\n`);
} finally {
  await server.stop();
}

async function commitsPerSecond(url: string, connections: number, statements: string): Promise<number> {
  const sql = postgres(url, { max: connections, onnotice: () => undefined });
  try {
    await prepare(sql);
    const until = performance.now() + SECONDS * 1000;
    let done = 0;
    const work = async () => {
      // Statements that are sent together are one transaction.
      for (; performance.now() < until; done++) await sql.unsafe(statements).simple();
    };
    await Promise.all(Array.from({ length: connections }, work));
    return done / SECONDS;
  } finally {
    await sql.end();
  }
}

async function prepare(sql: Sql): Promise<void> {
  await sql
    .unsafe(`DROP TABLE IF EXISTS changes, counters; CREATE TABLE changes (sequence bigint);
    CREATE TABLE counters (last bigint) WITH (fillfactor = 10); INSERT INTO counters VALUES (0)`)
    .simple();
}
