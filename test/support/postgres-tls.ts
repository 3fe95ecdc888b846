import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startPostgres } from './postgres-server.ts';
import { tempFolder } from './temp-folder.ts';

/** What makes the certificate. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface PostgresWithTls {
  /** File of the certificate. */
  certificate: string;
  port: number;
  /** Starts it again, with TLS or without. */
  restart(options: { hasTls: boolean }): Promise<void>;
}

/** A PostgreSQL with a certificate for `localhost` that it has signed itself, for the running test. */
export async function startPostgresWithTls({ takesPlain = true } = {}): Promise<PostgresWithTls> {
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
  if (!takesPlain) writeFileSync(join(dataFolder, 'pg_hba.conf'), 'hostssl all all all trust\n');
  const restart = ({ hasTls }: { hasTls: boolean }) => {
    // The last word counts.
    appendFileSync(join(dataFolder, 'postgresql.conf'), `ssl = ${hasTls ? 'on' : 'off'}\n`);
    return server.restart();
  };
  await restart({ hasTls: true });
  return { certificate, port: server.port, restart };
}
