import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createWorkplace } from '../../support/cli.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const SECRET = 'geheim';

/** A PostgreSQL with a certificate for `localhost` that it has signed itself. */
async function startPostgresWithTls() {
  const folder = tempFolder();
  // As root: the server runs as nobody.
  chmodSync(folder, 0o755);
  const dataFolder = join(folder, 'data');
  const server = await startPostgres({ dataFolder });
  onTestFinished(() => server.stop());
  const [key, certificate] = [join(dataFolder, 'server.key'), join(dataFolder, 'server.crt')];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  chmodSync(key, 0o600);
  if (process.getuid?.() === 0) for (const file of [key, certificate]) chownSync(file, 65_534, 65_534);
  appendFileSync(join(dataFolder, 'postgresql.conf'), 'ssl = on\n');
  await server.restart();
  return { certificate, addressOf: (host: string, mode: string) => address(host, server.port, mode) };
}

const address = (host: string, port: number, mode: string) =>
  `postgres://postgres:${SECRET}@${host}:${port}/postgres?sslmode=${mode}`;

function startServer(database: string, env: Record<string, string> = {}) {
  const place = createWorkplace({
    ...{ CALLQUEUE_DATABASE: database, CALLQUEUE_UNSAFE_DATABASE: '1', CALLQUEUE_PORT: '0', CALLQUEUE_TIMEZONE: 'UTC' },
    ...{ CALLQUEUE_TOKEN: 'a-token-of-the-settings-that-nobody-guesses', ...env },
  });
  onTestFinished(() => place.remove());
  return place.start(['serve']);
}

describe.skipIf(!hasOpenssl)('TLS to PostgreSQL (needs openssl to make a certificate)', () => {
  test('sslmode=verify-full takes only a certificate of a known authority, for the host of the address', async () => {
    const { certificate, addressOf } = await startPostgresWithTls();
    const trusted = { NODE_EXTRA_CA_CERTS: certificate };
    for (const started of [
      startServer(addressOf('localhost', 'require')),
      startServer(addressOf('localhost', 'verify-full'), trusted),
    ]) {
      expect(await started.firstLine).toMatch(/answers at/);
      started.process.kill('SIGTERM');
      expect((await started.outcome).code).toBe(0);
    }
    for (const refused of [
      startServer(addressOf('localhost', 'verify-full')),
      startServer(addressOf('127.0.0.1', 'verify-full'), trusted),
    ]) {
      const { code, stdout, stderr } = await refused.outcome;
      expect(code).toBe(1);
      expect(stderr).toMatch(/certificate of PostgreSQL is not accepted.*NODE_EXTRA_CA_CERTS/);
      expect(stdout + stderr).not.toContain(SECRET);
    }
  }, 60_000);
});
