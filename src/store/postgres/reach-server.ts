import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What the driver knows of where and how to connect. */
interface Target {
  host: string[];
  port: readonly number[];
  /** Of a Unix socket, instead of a host. */
  path?: string | false;
  ssl: unknown;
  sslnegotiation: unknown;
}

/** Hosts that do not offer TLS, which the address asks for. */
export interface LackOfTls {
  hosts: readonly string[];
  /** The address names no other host. */
  isEverywhere: boolean;
}

/** The ways of one session to PostgreSQL. */
export interface Reach {
  /** Given to the driver as the maker of its sockets. */
  socket(target: Target): Promise<Socket>;
  /** Where that was, or is being, connected to. */
  readonly host: string;
  /** Undefined unless the last one of them is such a host. */
  readonly lackOfTls: LackOfTls | undefined;
  /** Ends what there is, at once and whatever state it is in. */
  destroy(): void;
}

/** All that PostgreSQL answers to the question whether it speaks TLS, when it does not. */
const NO_TLS = Buffer.from('N');

/**
 * Connects once to each host that the address names, and no more: by itself the driver tries the same host again without
 * an end and without a pause when a connection is accepted and then closed, as it is while PostgreSQL starts behind a proxy.
 */
export function reachServer(): Reach {
  let current: Socket | undefined;
  let hosts: readonly string[] = [];
  let place = 0;
  let host = '';
  let isOver = false;
  /** By place, whether it has said that it does not offer TLS. */
  const lacksTls: boolean[] = [];

  async function attempt(target: Target): Promise<Socket> {
    const own = place;
    const next = hosts[own];
    const port = target.port[own];
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
    // The driver speaks TLS all the same then, and tells what comes of it.
    if (target.ssl && target.ssl !== 'prefer' && target.sslnegotiation !== 'direct')
      socket.once('data', (answer) => {
        lacksTls[own] = NO_TLS.equals(answer);
      });
    return socket;
  }

  return {
    get host() {
      return host;
    },
    get lackOfTls() {
      if (!lacksTls[Math.min(place, hosts.length) - 1]) return undefined;
      const lacking = hosts.filter((_, at) => lacksTls[at]);
      return { hosts: lacking, isEverywhere: lacking.length === hosts.length };
    },
    async socket(target) {
      if (place === 0) hosts = [...target.host];
      const isLast = () => place >= hosts.length || Boolean(target.path);
      while (true) {
        try {
          // The driver keeps to itself what a host has failed with as long as it knows of a second one.
          if (place >= hosts.length - 1) target.host.length = 1;
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
