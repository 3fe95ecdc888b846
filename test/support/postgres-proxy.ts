import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface PostgresProxy {
  /** The address of the database by way of the proxy. */
  url: string;
  /** Answers to commits that come from now on are kept back, so many of them, and their connections cut instead. */
  dropCommits(count: number): void;
  /** How many were. */
  dropped(): number;
  /** Cuts all connections, and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** What PostgreSQL answers to a commit: the tag of a command that is complete. */
const COMMITTED = Buffer.from('COMMIT\0');

/** Stands between a store and PostgreSQL, and loses what tests want lost. */
export async function startPostgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let toDrop = 0;
  let dropped = 0;
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => {
      if (toDrop > 0 && bytes.includes(COMMITTED)) {
        toDrop -= 1;
        dropped += 1;
        end();
      } else client.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: Object.assign(new URL(target), { port: String((server.address() as AddressInfo).port) }).href,
    dropCommits(count) {
      toDrop = count;
    },
    dropped: () => dropped,
    cut,
    mend() {
      isCut = false;
    },
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
