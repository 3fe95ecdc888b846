import { describe, expect, onTestFinished, test } from 'vitest';
import { StoreUnavailableError, StoreUnusableError } from '../../../src/core/errors.ts';
import { save } from '../../support/commands.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';
import { hasOpenssl, startPostgresWithTls } from '../../support/postgres-tls.ts';

/** A PostgreSQL that takes encrypted connections only. */
async function startEncrypted() {
  const { certificate, port } = await startPostgresWithTls({ takesPlain: false });
  const open = (parameters: string, host: string) =>
    openTestStore(`postgres://postgres@${host}:${port}/postgres${parameters}`);
  return {
    certificate,
    async opens(parameters: string, host = 'localhost'): Promise<boolean> {
      const store = await open(parameters, host).catch(() => undefined);
      await store?.close();
      return store !== undefined;
    },
    async refusal(parameters: string, host = 'localhost'): Promise<string> {
      const error = await open(parameters, host).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreUnusableError);
      return (error as Error).message;
    },
  };
}

describe.skipIf(!hasOpenssl)('the certificate of PostgreSQL (needs openssl to make one)', () => {
  test('is accepted from an authority that the address names, for the host that it names', async () => {
    const { certificate, opens } = await startEncrypted();
    expect(await opens(`?sslmode=verify-full&sslrootcert=${certificate}`)).toBe(true);
    expect(await opens(`?sslrootcert=${encodeURIComponent(certificate)}&sslmode=verify-ca`, '127.0.0.1')).toBe(true);
  }, 30_000);

  test('is refused for another host, be it a number, with what to do', async () => {
    const { certificate, refusal } = await startEncrypted();
    const message = await refusal(`?sslmode=verify-full&sslrootcert=${certificate}`, '127.0.0.1');
    expect(message).toMatch(/certificate of PostgreSQL is not accepted.*127\.0\.0\.1.*sslrootcert=FILE/);
  }, 30_000);

  test('is refused from an authority that nobody knows, and when the file of one cannot be read', async () => {
    const { refusal } = await startEncrypted();
    expect(await refusal('?sslmode=verify-full')).toMatch(/not accepted: self.signed certificate/);
    expect(await refusal('?sslmode=verify-full&sslrootcert=/nowhere.pem')).toMatch(/sslrootcert.*cannot be read/);
  }, 30_000);

  test('is not asked for without encryption, which this server refuses', async () => {
    const { opens, refusal } = await startEncrypted();
    expect(await refusal('?sslmode=disable')).toMatch(/no encryption/);
    expect(await opens('?sslmode=prefer')).toBe(true);
  }, 30_000);

  test('is judged on the last of several hosts as on the only one', async () => {
    const { refusal } = await startEncrypted();
    expect(await refusal('?sslmode=verify-full', '127.0.0.1:1,localhost')).toMatch(
      /not accepted: self.signed certificate/,
    );
  }, 30_000);

  test('that is gone after a restart is waited for by whoever had connected, with what to do', async () => {
    const { port, restart } = await startPostgresWithTls();
    const store = await openTestStore(`postgres://postgres@localhost:${port}/postgres?sslmode=require`);
    onTestFinished(() => store.close());
    await save(store, [{}]);
    await restart({ hasTls: false });
    for (const work of [() => save(store, [{}]), () => store.lastSequence()]) {
      const error = await work().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect((error as Error).message).toMatch(/does not offer TLS on localhost.*ssl = on.*sslmode=disable/);
    }
    await restart({ hasTls: true });
    await expect.poll(() => save(store, [{}]).catch(() => [])).toMatchObject([{ id: 2 }]);
  }, 30_000);
});

describe('a PostgreSQL without TLS', () => {
  test('ends the start of whoever asks for it, though PostgreSQL is waited for', async () => {
    const url = await createCallsDatabase();
    const { signal } = new AbortController();
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      const error = await openTestStore(`${url}?sslmode=${mode}`, { untilReachable: signal }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(StoreUnusableError);
      expect((error as Error).message).toMatch(/does not offer TLS on 127\.0\.0\.1.*ssl = on.*sslmode=disable/);
    }
  });

  test('is waited for where the address names another host, which cannot be reached yet', async () => {
    const url = new URL(await createCallsDatabase());
    const missing = '127.0.0.1:1';
    for (const [hosts, message] of [
      [`${missing},${url.host}`, /does not offer TLS/],
      [`${url.host},${missing}`, /ECONNREFUSED/],
    ] as const) {
      const address = `${url.href.replace(url.host, hosts)}?sslmode=require`;
      const error = await openTestStore(address).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect((error as Error).message).toMatch(message);
    }
  });

  test('is taken as it is by who would only prefer TLS, or only allow it', async () => {
    const url = await createCallsDatabase();
    for (const mode of ['allow', 'prefer', 'disable']) {
      const store = await openTestStore(`${url}?sslmode=${mode}`);
      await store.close();
    }
  });
});
