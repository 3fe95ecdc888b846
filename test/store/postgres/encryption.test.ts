import { describe, expect, test } from 'vitest';
import { StoreUnusableError } from '../../../src/core/errors.ts';
import { openTestStore } from '../../support/postgres-store.ts';
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
});
