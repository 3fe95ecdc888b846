import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What the driver knows of where to connect to. */
interface Target {
  host: readonly string[];
  port: readonly number[];
  /** Of a Unix socket, instead of a host. */
  path?: string | false;
}

/** The ways of one session to PostgreSQL. */
export interface Reach {
  /** Given to the driver as the maker of its sockets. */
  socket(target: Target): Promise<Socket>;
  /** Where that was, or is being, connected to. */
  readonly host: string;
  /** Ends what there is, at once and whatever state it is in. */
  destroy(): void;
}

/**
 * Connects once to each host that the address names, and no more: by itself the driver tries the same host again without
 * an end and without a pause when a connection is accepted and then closed, as it is while PostgreSQL starts behind a proxy.
 */
export function reachServer(): Reach {
  let current: Socket | undefined;
  let place = 0;
  let host = '';
  let isOver = false;

  async function attempt(target: Target): Promise<Socket> {
    const next = target.host[place];
    const port = target.port[place];
    place += 1;
    if (isOver || (next === undefined && !target.path)) {
      throw Object.assign(new Error('The connection was closed before it could be used'), {
        code: 'CONNECTION_CLOSED',
      });
    }
    host = next ?? '';
    const socket = target.path ? connect(target.path) : connect(Number(port), host);
    // The driver names it in errors, and checks the certificate for it.
    Object.assign(socket, { host, port });
    current = socket;
    await once(socket, 'connect');
    return socket;
  }

  return {
    get host() {
      return host;
    },
    async socket(target) {
      const isLast = () => place >= target.host.length || Boolean(target.path);
      while (true) {
        try {
          return await attempt(target);
        } catch (error) {
          current?.destroy();
          if (isLast()) throw error;
        }
      }
    },
    destroy() {
      isOver = true;
      current?.destroy();
    },
  };
}
