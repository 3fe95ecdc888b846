import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { StoreUnusableError } from '../../../src/core/errors.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { openTestStore } from '../../support/postgres-store.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A PostgreSQL that takes encrypted connections only, with a certificate that it has signed itself, for `localhost`. */
describe.skipIf(!hasOpenssl)('the certificate of PostgreSQL (needs openssl to make one)', () => {
  let url: string;
  let authority: string;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'callqueue-test-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const how = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'.split(' ');
    const name = ['-addext', 'subjectAltName=DNS:localhost'];
    const made = spawnSync('openssl', ['req', ...how, ...name, '-keyout', key, '-out', certificate]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
    const server = await startPostgres();
    const sql = postgres(server.url, { max: 1 });
    const [row] = await sql`SHOW data_directory`;
    const data = row?.data_directory as string;
    for (const [file, from] of [
      ['server.key', key],
      ['server.crt', certificate],
    ] as const) {
      writeFileSync(join(data, file), readFileSync(from), { mode: 0o600 });
      // As root PostgreSQL runs as nobody.
      if (process.getuid?.() === 0) chownSync(join(data, file), 65_534, 65_534);
    }
    writeFileSync(join(data, 'pg_hba.conf'), 'hostssl all all all trust\n');
    await sql.unsafe('ALTER SYSTEM SET ssl = on');
    await sql.end();
    await server.restart();
    [url, authority] = [server.url.replace('127.0.0.1', 'localhost'), certificate];
    return async () => {
      await server.stop();
      rmSync(folder, { recursive: true });
    };
  }, 60_000);

  async function opens(parameters: string, host = 'localhost'): Promise<boolean> {
    const store = await openTestStore(`${url.replace('localhost', host)}${parameters}`).catch(() => undefined);
    await store?.close();
    return store !== undefined;
  }

  async function refusal(parameters: string, host = 'localhost'): Promise<string> {
    const error = await openTestStore(`${url.replace('localhost', host)}${parameters}`).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StoreUnusableError);
    return (error as Error).message;
  }

  test('is accepted from an authority that the address names, for the host that it names', async () => {
    expect(await opens(`?sslmode=verify-full&sslrootcert=${authority}`)).toBe(true);
    expect(await opens(`?sslrootcert=${encodeURIComponent(authority)}&sslmode=verify-ca`, '127.0.0.1')).toBe(true);
  });

  test('is refused for another host, be it a number, with what to do', async () => {
    const message = await refusal(`?sslmode=verify-full&sslrootcert=${authority}`, '127.0.0.1');
    expect(message).toMatch(/certificate of PostgreSQL is not accepted.*127\.0\.0\.1.*sslrootcert=FILE/);
  });

  test('is refused from an authority that nobody knows, and when the file of one cannot be read', async () => {
    expect(await refusal('?sslmode=verify-full')).toMatch(/not accepted: self.signed certificate/);
    expect(await refusal('?sslmode=verify-full&sslrootcert=/nowhere.pem')).toMatch(/sslrootcert.*cannot be read/);
  });

  test('is not asked for without encryption, which this server refuses', async () => {
    expect(await refusal('?sslmode=disable')).toMatch(/no encryption/);
    expect(await opens('?sslmode=prefer')).toBe(true);
  });
});
