import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { createServerProcess, type ServerProcess } from './server-process.ts';

/** Instances of the real server over one database. */
export interface Instances extends AsyncDisposable {
  servers: readonly ServerProcess[];
}

export interface InstancesOptions {
  count: number;
  url: string;
  /** Each gets one of its own in it, for its log. */
  folder: string;
  /** What is added to the environment of one of them, from 0. */
  envOf?: (at: number) => Readonly<Record<string, string>>;
}

/** All of them start at once. */
export async function startInstances({ count, url, folder, envOf }: InstancesOptions): Promise<Instances> {
  const servers = Array.from({ length: count }, (_, at) => {
    const logFolder = join(folder, `instance-${at + 1}`);
    mkdirSync(logFolder, { recursive: true });
    return createServerProcess({ database: '', logFolder, env: { CALLQUEUE_DATABASE: url, ...envOf?.(at) } });
  });
  const instances: Instances = {
    servers,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
  try {
    await Promise.all(servers.map((server) => server.start()));
  } catch (error) {
    await instances[Symbol.asyncDispose]();
    throw error;
  }
  return instances;
}

/** A PostgreSQL that keeps what it has acknowledged whatever happens, ended where its use ends. */
export async function startDurablePostgres(): Promise<PostgresServer & AsyncDisposable> {
  const server = await startPostgres({ fsync: true });
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.stop() });
}
