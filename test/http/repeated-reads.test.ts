import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { type Answer, createAsker, readBody } from '../../bench/requests.ts';
import type { Clock } from '../../src/core/clock.ts';
import { NOW, startTestApp, type TestApp } from '../support/app.ts';
import { anyLogin, startHttpServer } from '../support/http-server.ts';
import { makeCall } from '../support/make-call.ts';
import { openSocket, parseAnswers, type RawAnswer, readToEnd } from '../support/raw-http.ts';

/** Each asker has one connection, over which the same bytes come again and again. */
const askerOf = (app: TestApp, { token, key = '' }: { token: string; key?: string }) => {
  const ask = createAsker(app.url, { token, key });
  return { ask, read: (parameters: object = {}) => ask(readBody(parameters as never, { token, key })) };
};

/** Without what is another at each request. */
const shown = ({ status, headers, body }: Answer) => {
  const { date, 'x-request-id': _, ...others } = headers;
  return { status, headers: others, body: body.toString() };
};

const idsIn = ({ body }: Answer): number[] => JSON.parse(body.toString()).results.map(({ id }: { id: number }) => id);

async function start(options: { clock?: Clock; calls?: number } = {}): Promise<TestApp> {
  const { calls = 3, ...others } = options;
  const app = await startTestApp({ ...others, calls: Array.from({ length: calls }, () => makeCall()) });
  onTestFinished(() => app.stop());
  return app;
}

test('a read that comes again is answered, logged and counted as the first time', async () => {
  const app = await start();
  const { read } = askerOf(app, app);
  const answers = [await read(), await read(), await read(), await read()];
  expect(idsIn(answers[0]!)).toEqual([1, 2, 3]);
  for (const answer of answers) expect(shown(answer)).toEqual(shown(answers[0]!));
  const ids = answers.map(({ headers }) => headers['x-request-id']);
  expect(new Set(ids).size).toBe(4);
  await expect.poll(() => app.logLines.filter((line) => line.includes('"msg":"request"')).length).toBe(4);
  const lines = app.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
  expect(lines.map(({ requestId }) => requestId)).toEqual(ids);
  for (const { time, requestId, ms, ...line } of lines) {
    expect(line).toEqual({ ...line, level: 'info', method: 'POST', path: '/api/call-queue', action: 'read' });
    expect(Object.keys(line)).toEqual(['level', 'method', 'path', 'action', 'status', 'tokenName', 'address', 'msg']);
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(ms).toBeGreaterThan(0);
  }
  const metrics = await (await app.fetch('/metrics')).text();
  expect(metrics).toContain('callqueue_requests_total{action="read",status="200"} 4');
});

test('it shows what was saved a moment before', async () => {
  const app = await start();
  const { read } = askerOf(app, app);
  for (let count = 3; count < 8; count++) {
    for (let times = 0; times < 3; times++) expect(idsIn(await read())).toHaveLength(count);
    await app.post({ action: 'save', data: { project_id: 1, calls: [{ caller_id: '+441632960001' }] } });
  }
});

test('the same bytes with another token over the same connection are judged by that token', async () => {
  const app = await start();
  await app.addCalls([makeCall({ projectId: 2 })]);
  const other = await app.addToken({ projectIds: [2] });
  const { ask, read } = askerOf(app, app);
  for (let times = 0; times < 3; times++) expect(idsIn(await read())).toEqual([1, 2, 3, 4]);
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const body = 'action=read';
  const send = async (token: string) => {
    socket.write(
      `POST /api/call-queue HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const chunk = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    return chunk.toString();
  };
  for (let times = 0; times < 3; times++) expect(await send(app.token)).toContain('"row_count":4');
  for (let times = 0; times < 3; times++) expect(await send(other.token)).toContain('"row_count":1');
  expect(await send('x'.repeat(other.token.length))).toMatch(/^HTTP\/1\.1 401 /);
  expect(await send(app.token)).toContain('"row_count":4');
  expect((await ask('action=read')).status).toBe(200);
});

test('a wrong hash, or one over another time, is refused however often the right one came', async () => {
  let now = NOW;
  const app = await start({ clock: { now: () => now } });
  const { token, key } = await app.addToken({ withKey: true });
  const { ask, read } = askerOf(app, { token, key });
  for (let times = 0; times < 3; times++) expect((await read({ page_size: 2 })).status).toBe(200);
  const forged = readBody({ page_size: 2 }, { token, key: createHash('md5').update(key).digest('hex') });
  expect((await ask(forged)).status).toBe(401);
  for (let times = 0; times < 3; times++) expect((await read({ api_time: NOW })).status).toBe(200);
  now += 3600;
  expect((await read({ api_time: NOW })).status).toBe(401);
  expect((await read({ page_size: 2 })).status).toBe(200);
});

test('a connection that ends within a body that was to come again leaves the server well', async () => {
  const app = await start();
  const head = `POST /api/call-queue HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${app.token}\r\nContent-Length: 11\r\n\r\n`;
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.write(`${head}action=read`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.end(`${head}action`);
  await new Promise((resolve) => socket.once('close', resolve));
  expect((await askerOf(app, app).read()).status).toBe(200);
  await expect.poll(() => app.logLines.filter((line) => line.includes('"status":400')).length).toBe(1);
});

const BODY = 'action=read';
const post = (headers: readonly string[] = [], version = '1.1') =>
  `${[`POST /api/call-queue HTTP/${version}`, 'Host: test', 'Authorization: Bearer x', ...headers, `Content-Length: ${BODY.length}`].join('\r\n')}\r\n\r\n${BODY}`;

/** A server without a database that tells who was asked: the API in the ordinary way, or what it said of how to repeat. */
async function startCounting(repeat: () => Promise<void> = async () => undefined) {
  const asked: ('ordinary' | 'repeat')[] = [];
  const page: Uint8Array | string = Buffer.from('"ü"'.repeat(1000));
  const answer = { status: 200, headers: {}, body: ['[', page, ']'] as [string, Uint8Array | string, string] };
  const server = await startHttpServer({
    authenticator: {
      async authenticate(headers) {
        const login = await anyLogin.authenticate(headers);
        return { ...login, credential: { ...login.credential, name: headers.join() } };
      },
    },
    api: {
      handle: async () => {
        asked.push('ordinary');
        return answer;
      },
      repeatable: () => async () => {
        asked.push('repeat');
        await repeat();
        return answer;
      },
    },
  });
  onTestFinished(() => server.http.stop(0));
  const exchange = async (socket: Awaited<ReturnType<typeof openSocket>>, bytes: string): Promise<RawAnswer> => {
    let received = '';
    const listen = (chunk: Buffer) => {
      received += chunk.toString('latin1');
    };
    socket.on('data', listen);
    socket.write(bytes);
    const headLength = () => received.indexOf('\r\n\r\n') + 4;
    const length = () => headLength() + Number(/content-length: (\d+)/.exec(received)?.[1]);
    await expect.poll(() => received.length === length(), { interval: 2 }).toBe(true);
    socket.off('data', listen);
    const [head] = parseAnswers(received.slice(0, headLength()));
    return { ...(head as RawAnswer), body: received.slice(headLength()) };
  };
  const open = async () => {
    const socket = await openSocket(server.url);
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  /** From the first read that was answered well on its bytes are followed. */
  const openFollowed = async () => {
    const socket = await open();
    await exchange(socket, post(['X-First: 1']));
    asked.pop();
    server.logLines.length = 0;
    return socket;
  };
  return { ...server, asked, answer, exchange, open, openFollowed };
}

test('the first read over a connection has it followed, the second tells where its bytes begin, the third is answered by them', async () => {
  const { asked, exchange, open } = await startCounting();
  const socket = await open();
  for (let times = 0; times < 3; times++) await exchange(socket, post());
  expect(asked).toEqual(['ordinary', 'ordinary', 'repeat']);
});

test('the second of the same reads is neither read by Node nor judged anew, and has the same head to the letter', async () => {
  const { asked, exchange, openFollowed } = await startCounting();
  const socket = await openFollowed();
  const first = await exchange(socket, post());
  const second = await exchange(socket, post());
  expect(asked).toEqual(['ordinary', 'repeat']);
  const { date, 'x-request-id': id, ...headers } = second.headers;
  expect({ ...second, headers: Object.entries(headers) }).toEqual({
    ...first,
    headers: Object.entries(first.headers).filter(([name]) => name !== 'date' && name !== 'x-request-id'),
  });
  expect(Math.abs(Date.parse(date ?? '') - Date.now())).toBeLessThan(5000);
  expect(date).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  expect(id).not.toBe(first.headers['x-request-id']);
  // Two seconds later the token is looked at again.
  await new Promise((resolve) => setTimeout(resolve, 2_050));
  await exchange(socket, post());
  await exchange(socket, post());
  expect(asked).toEqual(['ordinary', 'repeat', 'ordinary', 'repeat']);
});

test('a read by GET is answered, and logged without its query, as one by POST', async () => {
  const { asked, exchange, openFollowed, logLines } = await startCounting();
  const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer x\r\n\r\n`;
  const socket = await openFollowed();
  const answers: RawAnswer[] = [];
  for (const target of ['?action=read', '?action=read', '?action=read&page=2', '', '', '?action=read']) {
    answers.push(await exchange(socket, get(`/api/call-queue${target}`)));
  }
  expect(asked).toEqual(['ordinary', 'repeat', 'ordinary', 'ordinary', 'ordinary', 'repeat']);
  expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map(() => [200, answers[0]?.body]));
  await expect.poll(() => logLines.filter((line) => line.includes('"msg":"request"')).length).toBe(6);
  for (const line of logLines.filter((one) => one.includes('"msg":"request"'))) {
    expect(JSON.parse(line)).toMatchObject({ method: 'GET', path: '/api/call-queue', status: 200 });
  }
});

test('a request with the token of somebody else is judged by that token, though it is known from another connection', async () => {
  const { asked, exchange, openFollowed } = await startCounting();
  const [ours, theirs] = [await openFollowed(), await openFollowed()];
  const byThem = post().replace('Bearer x', 'Bearer y');
  for (let times = 0; times < 2; times++) await exchange(theirs, byThem);
  await exchange(ours, post());
  expect(asked).toEqual(['ordinary', 'repeat', 'ordinary']);
  await exchange(ours, byThem);
  expect(asked.at(-1)).toBe('ordinary');
});

test('another connection has to be let in first, and then knows what was asked over the others', async () => {
  const { asked, exchange, openFollowed } = await startCounting();
  await exchange(await openFollowed(), post());
  const other = await openFollowed();
  await exchange(other, post());
  await exchange(other, post());
  expect(asked).toEqual(['ordinary', 'ordinary', 'repeat']);
});

test.for([
  ['more than one token', [['Authorization: Bearer y']]],
  ['a key that makes it happen once', [['Idempotency-Key: a']]],
  ['the connection is to be closed', [['Connection: close']]],
] as const)('the ordinary way is taken where %s', async ([, [headers]]) => {
  const { asked, exchange, openFollowed } = await startCounting();
  await exchange(await openFollowed(), post());
  const socket = await openFollowed();
  await exchange(socket, post());
  await exchange(socket, post(headers));
  expect(asked.filter((who) => who === 'ordinary')).toHaveLength(3);
  const another = await openFollowed();
  await exchange(another, post());
  await exchange(another, post(headers));
  expect(asked.filter((who) => who === 'ordinary')).toHaveLength(5);
});

test.for([
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
] as const)(
  'a page that comes again is compressed by %s as it was, and anew when it is another',
  async ([coding, plain]) => {
    const { asked, answer, exchange, openFollowed } = await startCounting();
    const socket = await openFollowed();
    const ask = async () => {
      const { headers, body } = await exchange(socket, post([`Accept-Encoding: ${coding}`]));
      expect(headers['content-encoding']).toBe(coding);
      return { headers: Object.keys(headers), body: plain(Buffer.from(body, 'latin1')).toString() };
    };
    const first = await ask();
    expect(first.body).toBe(`[${'"ü"'.repeat(1000)}]`);
    expect(await ask()).toEqual(first);
    answer.body = ['[1,', answer.body[1], ']'];
    expect((await ask()).body).toBe(`[1,${'"ü"'.repeat(1000)}]`);
    answer.body = ['[', Buffer.from('"u"'.repeat(1000)), ']'];
    expect((await ask()).body).toBe(`[${'"u"'.repeat(1000)}]`);
    answer.body = ['[', Buffer.from('"u"'), ']'];
    expect(await exchange(socket, post([`Accept-Encoding: ${coding}`]))).toMatchObject({ body: '["u"]' });
    expect(asked).toEqual(['ordinary', 'repeat', 'repeat', 'repeat', 'repeat']);
  },
);

test('HTTP/1.0 is left to Node, which closes the connection', async () => {
  const { asked, open } = await startCounting();
  for (let times = 0; times < 3; times++) {
    const socket = await open();
    const received = readToEnd(socket);
    socket.write(post([], '1.0'));
    expect(parseAnswers(await received)[0]?.status).toBe(200);
  }
  expect(asked).toEqual(['ordinary', 'ordinary', 'ordinary']);
});

test('a request that the caller gave an id has it in every answer', async () => {
  const { asked, exchange, openFollowed } = await startCounting();
  const socket = await openFollowed();
  for (let times = 0; times < 2; times++) {
    expect((await exchange(socket, post(['X-Request-Id: mine-1']))).headers['x-request-id']).toBe('mine-1');
    expect((await exchange(socket, post(['X-Request-Id: mi ne']))).headers['x-request-id']).toMatch(/^[0-9a-f]{12}-/);
  }
  expect(asked).toEqual(['ordinary', 'ordinary', 'repeat', 'repeat']);
});

test('whoever is being answered when the server stops is told to come again elsewhere, and not cut off', async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { http, asked, exchange, openFollowed } = await startCounting(async () => {
    begun.resolve();
    await gate.promise;
  });
  const socket = await openFollowed();
  await exchange(socket, post());
  const received = readToEnd(socket);
  socket.write(post());
  await begun.promise;
  const stopped = http.stop(10_000);
  // Longer than connections without a request are left open.
  await new Promise((resolve) => setTimeout(resolve, 400));
  gate.resolve();
  await stopped;
  const [answer] = parseAnswers(await received);
  expect(answer).toMatchObject({ status: 503, headers: { connection: 'close' } });
  expect(asked).toEqual(['ordinary', 'repeat']);
});
