import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createWorkplace } from '../../support/cli.ts';
import { hasOpenssl, startPostgresWithTls } from '../../support/postgres-tls.ts';

const SECRET = 'geheim';

const addressIn = (port: number) => (host: string, mode: string) =>
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
    const { certificate, port } = await startPostgresWithTls();
    const addressOf = addressIn(port);
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

  test('a queue_log in a table is not read from a host that the certificate was not made for, be it named by its number', async () => {
    const { certificate, port } = await startPostgresWithTls();
    const program = `import { createQueueLogTableReader } from './src/pbx/asterisk/queue-log-table.ts';
      const reader = createQueueLogTableReader(process.argv[1]);
      await reader.read(undefined).then(() => console.log('read'), (error) => console.log(error.message, error.cause?.message));
      await reader.close();`;
    const read = (host: string) => {
      const how = ['--input-type=module-typescript', '-e', program, addressIn(port)(host, 'verify-full')];
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
      const { stdout, stderr } = spawnSync(process.execPath, how, { cwd: join(import.meta.dirname, '../../..'), env });
      return `${stdout}${stderr}`;
    };
    // There is no such table, which only PostgreSQL itself can say.
    expect(read('localhost')).toMatch(/queue_log/);
    expect(read('127.0.0.1')).toMatch(/certificate's altnames/);
  }, 60_000);
});
