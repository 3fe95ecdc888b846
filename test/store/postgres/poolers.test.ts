import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { StoreUnusableError } from '../../../src/core/errors.ts';
import { checkDatabase } from '../../../src/store/postgres/check-database.ts';
import { Database } from '../../../src/store/postgres/database.ts';
import type { Session } from '../../../src/store/postgres/session.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { openTestStore } from '../../support/postgres-store.ts';

const CHECKED = { logger: undefined, isUnsafeAllowed: true };

/** Refuses every parameter of a connection that PgBouncer does not know, in its words, and tells the names it was sent. */
async function startRefusingPooler() {
  const sent: string[] = [];
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (startup: Buffer) => {
      // Length and version of the protocol come first.
      const words = startup.subarray(8).toString().split('\0');
      const names = words.filter((word, place) => place % 2 === 0 && word !== '');
      sent.push(...names);
      const unknown = names.find((name) => !['user', 'database', 'application_name', 'client_encoding'].includes(name));
      const text = `SFATAL\0C08P01\0Munsupported startup parameter: ${unknown}\0\0`;
      const head = Buffer.from('E0000');
      head.writeUInt32BE(text.length + 4, 1);
      socket.end(Buffer.concat([head, Buffer.from(text)]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { sent, url: `postgres://callqueue:geheim@127.0.0.1:${(server.address() as AddressInfo).port}/calls` };
}

test('no connection begins with parameters that a pooler refuses', async () => {
  const pooler = await startRefusingPooler();
  await openTestStore(pooler.url).catch(() => undefined);
  expect([...new Set(pooler.sent)].sort()).toEqual(['application_name', 'client_encoding', 'database', 'user']);
});

test('a parameter of the address that a pooler refuses ends the start, though PostgreSQL is waited for', async () => {
  const pooler = await startRefusingPooler();
  const { signal } = new AbortController();
  const refusal = await openTestStore(`${pooler.url}?search_path=own`, { untilReachable: signal }).catch(
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(StoreUnusableError);
  expect((refusal as Error).message).toMatch(/startup parameter: search_path.*ALTER ROLE/);
  expect((refusal as Error).message).not.toContain('geheim');
});

test('every connection limits how long a statement takes and waits, and whether it may write', async () => {
  const url = await createTestDatabase();
  const limits = `SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
    current_setting('idle_in_transaction_session_timeout'), current_setting('default_transaction_read_only')`;
  for (const readOnly of [true, false]) {
    const database = new Database({ url, readOnly, statementTimeoutMs: 7_000, lockTimeoutMs: 3_000 });
    onTestFinished(() => database.close());
    expect(await database.get(limits)).toEqual(['7s', '3s', '10s', readOnly ? 'on' : 'off']);
  }
});

/** As it looks from here when a pooler hands out connections by transaction: two of ours are one of PostgreSQL. */
class SharedDatabase extends Database {
  #session: Session | undefined;

  override ask<T>(question: (session: Session) => Promise<T>): Promise<T> {
    return super.ask((session) => {
      this.#session = session;
      return question(session);
    });
  }

  override async listen(): Promise<Session> {
    const session = this.#session as Session;
    return { value: (sql: string) => session.value(sql), close: async () => undefined } as Session;
  }
}

test('a pooler that hands out connections by transaction is refused, and what to do is said', async () => {
  const url = await createTestDatabase();
  const [own, shared] = [new Database({ url }), new SharedDatabase({ url })];
  onTestFinished(async () => void (await Promise.all([own.close(), shared.close()])));
  await checkDatabase(own, CHECKED);
  const refusal = await checkDatabase(shared, CHECKED).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StoreUnusableError);
  expect((refusal as Error).message).toMatch(/by transaction.*pool_mode = session/);
});
