import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface PostgresProxy extends AsyncDisposable {
  /** The address of the database by way of the proxy. */
  url: string;
  /**
   * The answer to a COMMIT that stored something, when PostgreSQL has given it, is lost together with its connection: to so
   * many from now on, or to those for which a function says so.
   */
  dropCommits(which: number | (() => boolean)): void;
  /** How many were. */
  dropped(): number;
  /** Cuts all connections, and refuses new ones until `mend`. */
  cut(): void;
  /** Leaves new connections without any answer until `mend`. */
  hold(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** Stands between a store and PostgreSQL, and loses what tests want lost. */
export async function startPostgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isToDrop = () => false;
  let dropped = 0;
  let isCut = false;
  let held: Socket[] | undefined;
  const server = createServer((client) => {
    sockets.add(client);
    if (isCut) client.destroy();
    else if (held !== undefined) held.push(client);
    else pass(client);
  }).listen(0, '127.0.0.1');

  function pass(client: Socket): void {
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
    passAnswers(upstream, client, () => {
      if (!isToDrop()) return false;
      dropped += 1;
      end();
      return true;
    });
  }

  await once(server, 'listening');
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  const stop = async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: Object.assign(new URL(target), { port: String((server.address() as AddressInfo).port) }).href,
    dropCommits(which) {
      if (typeof which === 'function') isToDrop = which;
      else {
        let left = which;
        isToDrop = () => left-- > 0;
      }
    },
    dropped: () => dropped,
    cut,
    hold() {
      held ??= [];
    },
    mend() {
      isCut = false;
      for (const client of held ?? []) pass(client);
      held = undefined;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A message is its kind, in one byte, its length, in four, which counts itself, and what it says. */
const LENGTH_AT = 1;
const TEXT_AT = 5;
const COMMAND_COMPLETE = 'C'.charCodeAt(0);
const STORED = /^(INSERT 0|UPDATE|DELETE) [1-9]/;

/** Passes whole messages on, up to a COMMIT that stored something and that is to be dropped. */
function passAnswers(upstream: Socket, client: Socket, isDropped: () => boolean): void {
  let rest: Buffer = Buffer.alloc(0);
  let hasStored = false;
  upstream.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let end = 0;
    while (bytes.length >= end + TEXT_AT) {
      const next = end + LENGTH_AT + bytes.readInt32BE(end + LENGTH_AT);
      if (bytes.length < next) break;
      if (bytes[end] === COMMAND_COMPLETE) {
        const tag = bytes.toString('latin1', end + TEXT_AT, next - 1);
        if (STORED.test(tag)) hasStored = true;
        if (tag === 'COMMIT' && hasStored && isDropped()) return;
        if (['BEGIN', 'COMMIT', 'ROLLBACK'].includes(tag)) hasStored = false;
      }
      end = next;
    }
    if (end > 0) client.write(bytes.subarray(0, end));
    rest = bytes.subarray(end);
  });
}
