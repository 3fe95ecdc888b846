import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { randomOf } from '../../bench/make-calls.ts';
import { ConnectionBytes, type Pieces } from '../../src/http/connection-bytes.ts';
import { openSocket, parseAnswers, type RawAnswer, readToEnd } from '../support/raw-http.ts';

const QUICK_BODY = 'quick';

const post = (body: string, headers: readonly string[] = []) =>
  `${['POST / HTTP/1.1', 'Host: test', ...headers, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`;

interface TestServer {
  url: string;
  http: Server;
  /** Bodies in the order in which they were answered, by whom. */
  quick: string[];
  byNode: string[];
  connections: ConnectionBytes[];
}

/**
 * Node answers every request with its body; bytes that Node has answered once and whose body is `quick…` are answered by
 * their bytes from then on, as `wait` allows.
 */
async function startServer(
  wait: (body: string) => Promise<'answer' | 'leave'> = async () => 'answer',
  padding = '',
): Promise<TestServer> {
  const bySocket = new WeakMap<Socket, ConnectionBytes>();
  const known = new Map<string, string>();
  const quick: string[] = [];
  const byNode: string[] = [];
  const connections: ConnectionBytes[] = [];
  const http = createServer((request, response) => {
    const connection = bySocket.get(request.socket);
    connection?.begun(request, response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString();
      byNode.push(body);
      if (body.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 5));
      const bytes = connection?.bytesOf(request);
      if (bytes !== undefined && body.startsWith(QUICK_BODY)) known.set(bytes.toString('latin1'), body);
      response.writeHead(200, { 'content-length': Buffer.byteLength(body + padding), 'x-by': 'node' });
      response.end(body + padding);
    });
  });
  http.on('connection', (socket) => {
    const connection = ConnectionBytes.follow(socket, (_from, bytes) => {
      const body = known.get(bytes.toString('latin1'));
      if (body === undefined) return undefined;
      const pieces = async (): Promise<Pieces | undefined> => {
        if ((await wait(body)) === 'leave') return undefined;
        const head = `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body + padding)}\r\nx-by: bytes\r\n\r\n`;
        return [head, Buffer.from(body), padding];
      };
      return { pieces: pieces(), sent: () => quick.push(body) };
    });
    if (connection === undefined) throw new Error('Node listens in another way');
    bySocket.set(socket, connection);
    connections.push(connection);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, http, quick, byNode, connections };
}

interface Client {
  socket: Socket;
  /** The answers so far, all of those that came whole. */
  answers(): RawAnswer[];
  /** Sends the pieces one after the other, each in a packet of its own, and waits for so many answers in all. */
  send(pieces: readonly string[], answers: number): Promise<string[]>;
}

async function openClient(url: string): Promise<Client> {
  const socket = await openSocket(url);
  socket.setNoDelay(true);
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  const answers = () => {
    try {
      return parseAnswers(received);
    } catch {
      return [];
    }
  };
  return {
    socket,
    answers,
    async send(pieces, count) {
      for (const [place, piece] of pieces.entries()) {
        if (place > 0) await new Promise((resolve) => setTimeout(resolve, 3));
        socket.write(piece);
      }
      await expect.poll(() => answers().length, { interval: 2 }).toBe(count);
      return answers().map(({ headers, body }) => `${headers['x-by']} ${body}`);
    },
  };
}

test('what Node has answered is answered by its bytes when it comes again, and nothing else is', async () => {
  const { url, quick } = await startServer();
  const client = await openClient(url);
  expect(await client.send([post('quick a')], 1)).toEqual(['node quick a']);
  expect(await client.send([post('quick a')], 2)).toEqual(['node quick a', 'bytes quick a']);
  await client.send([post('quick b')], 3);
  await client.send([post('quick a', ['X: 1'])], 4);
  await client.send([post('quick a')], 5);
  const answers = await client.send([post('other')], 6);
  expect(answers.slice(2)).toEqual(['node quick b', 'node quick a', 'bytes quick a', 'node other']);
  expect(quick).toEqual(['quick a', 'quick a']);
  const second = await openClient(url);
  await second.send([post('other')], 1);
  expect((await second.send([post('quick b')], 2)).at(-1)).toBe('bytes quick b');
});

test('head and body may come one after the other, as many clients send them', async () => {
  const { url } = await startServer();
  const client = await openClient(url);
  const [head, body] = [post('quick').slice(0, -5), 'quick'];
  expect(await client.send([head, body], 1)).toEqual(['node quick']);
  expect((await client.send([head, body], 2)).at(-1)).toBe('bytes quick');
  expect((await client.send([`${head}qu`, 'ick'], 3)).at(-1)).toBe('node quick');
  expect((await client.send([head, 'other'], 4)).at(-1)).toBe('node other');
  expect((await client.send([head, body], 5)).at(-1)).toBe('bytes quick');
  // The same head, and then a body that is shorter than it says, and the rest of it.
  expect((await client.send([head, 'qu', 'ick'], 6)).at(-1)).toBe('node quick');
});

test('long requests, bodies in chunks and heads in pieces are left to Node, as is what follows them until it is sure', async () => {
  const { url } = await startServer();
  const client = await openClient(url);
  await client.send([post('quick')], 1);
  const long = 'x'.repeat(10_000);
  expect((await client.send([post(long)], 2)).at(-1)).toBe(`node ${long}`);
  expect((await client.send([post('quick')], 3)).at(-1)).toBe('bytes quick');
  expect((await client.send([post(long).slice(0, 6000), post(long).slice(6000)], 4)).at(-1)).toBe(`node ${long}`);
  expect((await client.send([post('quick')], 5)).at(-1)).toBe('bytes quick');
  const chunked = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nquick\r\n0\r\n\r\n';
  expect((await client.send([chunked], 6)).at(-1)).toBe('node quick');
  expect((await client.send([post('quick')], 7)).at(-1)).toBe('node quick');
  expect((await client.send([post('quick')], 8)).at(-1)).toBe('bytes quick');
  const other = await openClient(url);
  await other.send([post('quick').slice(0, 20), post('quick').slice(20)], 1);
  expect((await other.send([post('quick')], 2)).at(-1)).toBe('node quick');
});

test('requests behind each other are answered in their order, whoever answers them', async () => {
  const gate = Promise.withResolvers<void>();
  const { url } = await startServer(async (body) => {
    if (body === 'quick slow') await gate.promise;
    return 'answer';
  });
  const client = await openClient(url);
  await client.send([post('quick slow')], 1);
  await client.send([post('quick b')], 2);
  const all = client.send([post('quick slow'), post('other') + post('quick b'), post('quick b'), post('last')], 7);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(client.answers()).toHaveLength(2);
  gate.resolve();
  expect((await all).slice(2).map((answer) => answer.replace(/^\w+ /, ''))).toEqual([
    'quick slow',
    'other',
    'quick b',
    'quick b',
    'last',
  ]);
});

test('half a request behind a whole one in the same packet is waited for', async () => {
  const { url } = await startServer();
  const client = await openClient(url);
  await client.send([post('quick')], 1);
  const answers = await client.send([post('quick') + post('quick').slice(0, 30), post('quick').slice(30)], 3);
  expect(answers.slice(1)).toEqual(['node quick', 'node quick']);
  // Until Node has read one that begins where the bytes do, nothing tells where it is.
  expect((await client.send([post('quick')], 4)).at(-1)).toBe('node quick');
  expect((await client.send([post('quick')], 5)).at(-1)).toBe('bytes quick');
});

test.each(['POST / HTTP/1.1\r\nX: ', 'POST / HTTP/1.1\r\nX: 1\r\nY: ', 'PO'])(
  'what Node had of a request before, %j, is not forgotten',
  async (before) => {
    const { url } = await startServer();
    const client = await openClient(url);
    const rest = before === 'PO' ? post('quick').slice(2) : post('quick');
    // The first one leaves it open where the next begins, as a body in chunks does.
    await client.send(['POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'], 1);
    expect((await client.send([before, rest], 2)).at(-1)).toBe('node quick');
    expect((await client.send([post('quick')], 3)).at(-1)).toBe('node quick');
    expect((await client.send([post('quick')], 4)).at(-1)).toBe('bytes quick');
  },
);

test('what cannot be answered by its bytes after all is answered by Node, and so is what came behind it', async () => {
  let answer: 'answer' | 'leave' = 'leave';
  const { url, byNode } = await startServer(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return answer;
  });
  const client = await openClient(url);
  await client.send([post('quick')], 1);
  expect((await client.send([post('quick'), post('slow'), post('other')], 4)).slice(1)).toEqual([
    'node quick',
    'node slow',
    'node other',
  ]);
  answer = 'answer';
  const again = await openClient(url);
  await again.send([post('first')], 1);
  expect((await again.send([post('quick')], 2)).at(-1)).toBe('bytes quick');
  expect(byNode).toEqual(['quick', 'quick', 'slow', 'other', 'first']);
});

test('a client that sends and does not read has one answer made for it at a time', async () => {
  const { url, quick } = await startServer(undefined, 'x'.repeat(1_000_000));
  const warm = await openClient(url);
  await warm.send([post('quick')], 1);
  const socket = await openSocket(url);
  onTestFinished(() => void socket.destroy());
  socket.pause();
  const requests = 200;
  for (let count = 0; count < requests; count++) {
    socket.write(post('quick'));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // The buffers of the system take some megabytes.
  const taken = quick.length;
  expect(taken).toBeLessThan(30);
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  socket.resume();
  await expect.poll(() => bytes, { timeout: 20_000 }).toBeGreaterThanOrEqual(requests * 1_000_005);
});

test('a client that leaves is forgotten, whatever was on its way', async () => {
  const gate = Promise.withResolvers<void>();
  const { url, quick, connections } = await startServer(async () => {
    await gate.promise;
    return 'answer';
  });
  const client = await openClient(url);
  await client.send([post('quick')], 1);
  client.socket.write(post('quick'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  gate.resolve();
  await expect.poll(() => quick).toEqual(['quick']);
  expect(connections).toHaveLength(1);
  const other = await openClient(url);
  await other.send([post('other')], 1);
  expect((await other.send([post('quick')], 2)).at(-1)).toBe('bytes quick');
});

test('after CONNECT nothing more is given to Node, whose parser serves another connection by then', async () => {
  const { url, http, connections } = await startServer();
  http.on('connect', (_request, socket) => {
    connections[0]?.leave();
    socket.write('HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n');
  });
  const client = await openClient(url);
  await client.send([post('quick')], 1);
  client.socket.write('CONNECT a:1 HTTP/1.1\r\nHost: test\r\n\r\n');
  await expect.poll(() => client.answers().length).toBe(2);
  const other = await openClient(url);
  other.socket.write(post('quick').slice(0, 30));
  client.socket.write(`${post('other')}${post('other')}`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await other.send([post('quick').slice(30)], 1)).toEqual(['node quick']);
  expect(client.answers()).toHaveLength(2);
});

test('whatever is sent in whatever pieces, each request gets its answer, in order', { timeout: 60_000 }, async () => {
  let answeredQuickly = 0;
  const run = async (seed: number) => {
    const random = randomOf(seed);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    const pause = (most: number) => new Promise((resolve) => setTimeout(resolve, random() * most));
    const { url, quick } = await startServer(async () => {
      if (random() < 0.3) await pause(4);
      return random() < 0.1 ? 'leave' : 'answer';
    });
    const talk = async () => {
      const socket = await openSocket(url);
      socket.setNoDelay(true);
      const received = readToEnd(socket);
      let answers = 0;
      socket.on('data', (chunk) => {
        answers += chunk.toString().match(/x-by/g)?.length ?? 0;
      });
      const wanted: string[] = [];
      // Mostly one after the other, in one piece, until something else comes.
      const isOrderly = () => random() < 0.96;
      for (let burst = 0; burst < 30; burst++) {
        let bytes = '';
        for (let count = isOrderly() ? 1 : 3; count > 0; count--) {
          const body = pick(['quick a', 'quick a', 'quick b', 'quick slow', 'other', 'slow', 'x'.repeat(5000)]);
          wanted.push(body);
          bytes += post(body);
        }
        const cuts = isOrderly() ? [] : [bytes.indexOf('\r\n\r\n') + 4, Math.floor(random() * bytes.length)];
        const borders = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        for (const [place, end] of borders.slice(1).entries()) {
          socket.write(bytes.slice(borders[place], end));
          await pause(2);
        }
        while (isOrderly() && answers < wanted.length) await pause(2);
      }
      socket.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
      const bodies = parseAnswers(await received).map(({ body }) => body);
      expect(bodies, `seed ${seed}`).toEqual([...wanted, '']);
    };
    await Promise.all([talk(), talk(), talk(), talk()]);
    answeredQuickly += quick.length;
  };
  await Promise.all(Array.from({ length: 30 }, (_, index) => run(index + 1)));
  // The others are over connections that were not orderly from some moment on.
  expect(answeredQuickly).toBeGreaterThan(200);
});
