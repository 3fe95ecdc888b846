import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface AmiRequest {
  action: string;
  headers: ReadonlyMap<string, string>;
  /** As it came, without the blank line. */
  text: string;
}

/** Messages to send back, each the lines of one; nothing when silent. */
export type AmiAnswer = (request: AmiRequest) => readonly (readonly string[])[];

export interface AmiServerOptions {
  user?: string;
  secret?: string;
  /** Offers a challenge; without it, only the login with the secret works. */
  hasChallenge?: boolean;
  /** Sends FullyBooted behind the login; otherwise `boot()` does. */
  isBooted?: boolean;
  /** In place of the usual answers, by name of the action in lower case. */
  answers?: Record<string, AmiAnswer>;
  /** First line. */
  banner?: string;
  tls?: TlsOptions;
  port?: number;
}

const CHALLENGE = '155652649';
export const BOOTED = [
  'Event: FullyBooted',
  'Privilege: system,all',
  'Uptime: 90',
  'LastReload: 19',
  'Status: Fully Booted',
];

/**
 * A manager port on a free port, spoken by script: logs in, answers, and sends what it is told to, cut as it is told to. It
 * keeps a log of everything it was sent. Its words are those of the recorded server.
 */
export class AmiServer implements AsyncDisposable {
  readonly requests: AmiRequest[] = [];
  readonly user: string;
  readonly secret: string;
  port = 0;
  /** Answers nothing and sends nothing, but keeps its connections: a process that hangs. */
  isSilent = false;
  readonly #options: AmiServerOptions;
  #server: Server | undefined;
  #sockets = new Set<Socket>();
  #watchers = new Set<() => void>();

  private constructor(options: AmiServerOptions) {
    this.#options = options;
    this.user = options.user ?? 'connector';
    this.secret = options.secret ?? 'connector-secret';
  }

  static async start(options: AmiServerOptions = {}): Promise<AmiServer> {
    const server = new AmiServer(options);
    server.port = options.port ?? 0;
    await server.listen();
    return server;
  }

  get url(): string {
    return `${this.#options.tls ? 'amis' : 'ami'}://${this.user}:${this.secret}@127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** What was said and not taken by the system yet, as nobody reads. */
  get unsentBytes(): number {
    return [...this.#sockets].reduce((sum, { writableLength }) => sum + writableLength, 0);
  }

  /** Listens again on the same port, after `shutDown`. */
  async listen(): Promise<void> {
    const { tls } = this.#options;
    this.#server = tls
      ? createTlsServer(tls, (socket) => this.#greet(socket))
      : createServer((socket) => this.#greet(socket));
    await new Promise<void>((resolve) => this.#server?.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Closes all connections with a FIN and takes no more. */
  async shutDown(): Promise<void> {
    const isClosed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.end();
    for (const socket of this.#sockets) socket.destroySoon();
    await isClosed;
  }

  /** Closes all connections with a FIN behind what was sent; takes new ones. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end();
  }

  boot(): void {
    this.say([BOOTED]);
  }

  /** Sends messages, each the lines of one. */
  say(messages: readonly (readonly string[])[]): void {
    this.send([Buffer.from(messages.map((lines) => `${lines.join('\r\n')}\r\n\r\n`).join(''))]);
  }

  /** Sends bytes in so many writes, to every client. Without Nagle each is a packet of its own unless the kernel joins them. */
  send(chunks: readonly Buffer[]): void {
    for (const socket of this.#sockets) for (const chunk of chunks) socket.write(chunk);
  }

  /** Sends chunk by chunk, each only when the one before has left: the reader gets them apart. */
  async trickle(chunks: readonly Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      const writes = [...this.#sockets].map((socket) => new Promise((resolve) => socket.write(chunk, resolve)));
      await Promise.all(writes);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Waits until so many requests of an action have come, and answers the last of them. */
  async received(action: string, count = 1): Promise<AmiRequest> {
    const { promise, resolve } = Promise.withResolvers<AmiRequest>();
    const look = () => {
      const found = this.requests.filter((request) => request.action === action)[count - 1];
      if (found !== undefined) resolve(found);
    };
    this.#watchers.add(look);
    look();
    const request = await promise;
    this.#watchers.delete(look);
    return request;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server?.listening) await new Promise((resolve) => this.#server?.close(resolve));
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.write(`${this.#options.banner ?? 'Asterisk Call Manager/11.0.0'}\r\n`);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        this.#take(socket, text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
  }

  #take(socket: Socket, text: string): void {
    const headers = new Map(
      text.split('\r\n').map((line) => {
        const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
        return [name.toLowerCase(), value] as const;
      }),
    );
    const request = { action: headers.get('action') ?? '', headers, text };
    this.requests.push(request);
    if (!this.isSilent) {
      const messages = this.#answer(request);
      if (messages.length > 0) socket.write(messages.map((lines) => `${lines.join('\r\n')}\r\n\r\n`).join(''));
      const isLast = request.action === 'Logoff' || messages[0]?.includes('Message: Authentication failed');
      if (isLast) socket.end();
    }
    for (const look of this.#watchers) look();
  }

  #answer(request: AmiRequest): readonly (readonly string[])[] {
    const own = this.#options.answers?.[request.action.toLowerCase()];
    if (own !== undefined) return own(request);
    switch (request.action) {
      case 'Challenge':
        if (this.#options.hasChallenge === false) return [refuse(request, 'Must specify AuthType')];
        return [succeed(request, `Challenge: ${CHALLENGE}`)];
      case 'Login':
        if (!this.#mayEnter(request)) return [refuse(request, 'Authentication failed')];
        return [
          succeed(request, 'Message: Authentication accepted'),
          ...(this.#options.isBooted === false ? [] : [BOOTED]),
        ];
      case 'Ping':
        return [succeed(request, 'Ping: Pong', 'Timestamp: 1795465587.475488')];
      case 'CoreSettings':
        return [succeed(request, 'AMIversion: 11.0.0', 'AsteriskVersion: 22.10.1', 'SystemName: ')];
      case 'CoreStatus':
        return [succeed(request, 'CoreStartupDate: 2026-11-23', 'CoreStartupTime: 20:22:09')];
      case 'QueueStatus':
      case 'CoreShowChannels':
        return list(request, []);
      case 'Logoff':
        return [['Response: Goodbye', 'Message: Thanks for all the fish.']];
      default:
        return [refuse(request, 'Invalid/unknown command')];
    }
  }

  #mayEnter({ headers }: AmiRequest): boolean {
    if (headers.get('username') !== this.user) return false;
    if (headers.get('authtype') === undefined) return headers.get('secret') === this.secret;
    const key = createHash('md5')
      .update(CHALLENGE + this.secret)
      .digest('hex');
    return headers.get('key') === key;
  }
}

export function succeed({ headers }: AmiRequest, ...lines: string[]): string[] {
  return ['Response: Success', `ActionID: ${headers.get('actionid')}`, ...lines];
}

export function refuse({ headers }: AmiRequest, message: string): string[] {
  return ['Response: Error', `ActionID: ${headers.get('actionid')}`, `Message: ${message}`];
}

/** A list as the server sends it: announced, its items with the id of the request, and their number. */
export function list(request: AmiRequest, items: readonly (readonly string[])[]): string[][] {
  const id = `ActionID: ${request.headers.get('actionid')}`;
  return [
    [...succeed(request), 'EventList: start', 'Message: list will follow'],
    ...items.map(([event = '', ...lines]) => [event, id, ...lines]),
    [`Event: ${request.action}Complete`, id, 'EventList: Complete', `ListItems: ${items.length}`],
  ];
}
