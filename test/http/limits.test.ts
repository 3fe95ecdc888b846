import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { startHttpServer } from '../support/http-server.ts';
import { openSocket, parseAnswers, rawExchange, readToEnd, request } from '../support/raw-http.ts';

const ended = async (socket: Awaited<ReturnType<typeof openSocket>>) => parseAnswers(await readToEnd(socket));

describe('slow clients', () => {
  it('are cut after the time for headers, and others are served meanwhile', async () => {
    await using server = await startHttpServer({}, { limits: { headersTimeoutSeconds: 1, requestTimeoutSeconds: 2 } });
    const begun = performance.now();
    const sockets = await Promise.all(Array.from({ length: 200 }, () => openSocket(server.url)));
    const ends = sockets.map(ended);
    const text = `GET /healthz HTTP/1.1\r\nX-Slow: ${'a'.repeat(1000)}`;
    let at = 0;
    const dripping = setInterval(() => {
      for (const socket of sockets) socket.write(text.charAt(at));
      at += 1;
    }, 50);
    try {
      for (let time = 0; time < 20; time += 1) {
        const asked = performance.now();
        expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
        expect(performance.now() - asked).toBeLessThan(1000);
      }
      const answers = await Promise.all(ends);
      expect(answers.map(([answer]) => answer?.status)).toEqual(sockets.map(() => 408));
      expect(JSON.parse(answers[0]?.[0]?.body ?? '').messages).toEqual(['The request was not received in time']);
      expect(performance.now() - begun).toBeLessThan(5000);
    } finally {
      clearInterval(dripping);
    }
  });

  it('that send nothing at all are cut as well', async () => {
    await using server = await startHttpServer({}, { limits: { headersTimeoutSeconds: 1, requestTimeoutSeconds: 1 } });
    await ended(await openSocket(server.url));
  });

  it('that never finish a body are cut after the time for a request', async () => {
    await using server = await startHttpServer({}, { limits: { headersTimeoutSeconds: 1, requestTimeoutSeconds: 1 } });
    const socket = await openSocket(server.url);
    const end = ended(socket);
    socket.write('POST /api/call-queue HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nacti');
    const [answer] = await end;
    expect(answer?.status).toBe(408);
    expect(server.logLines.join('')).toContain('ERR_HTTP_REQUEST_TIMEOUT');
  });
});

describe('connections above the limit', () => {
  it('are answered 503 and closed, until others end', async () => {
    await using server = await startHttpServer({}, { limits: { connections: 3 } });
    const held = await Promise.all([1, 2, 3].map(() => openSocket(server.url)));
    const refused = await openSocket(server.url);
    const end = ended(refused);
    refused.write(request('GET', '/healthz'));
    const [answer] = await end;
    expect(answer?.status).toBe(503);
    expect(answer?.headers['retry-after']).toBe('1');
    expect(JSON.parse(answer?.body ?? '').messages).toEqual(['Too many connections, try again']);

    const closed = readToEnd(held[0] as (typeof held)[number]);
    held[0]?.end();
    await closed;
    await expect.poll(async () => (await rawExchange(server.url, request('GET', '/healthz')))[0]?.status).toBe(200);
    for (const socket of held) socket.destroy();
  });
});

describe('large bodies', () => {
  const MEGABYTES_2 = `x=${'a'.repeat(2 * 1024 * 1024)}`;

  it('are handled so many at a time, further ones are told to come back', async () => {
    const finish = Promise.withResolvers<void>();
    let begun = 0;
    await using server = await startHttpServer(
      {
        api: {
          handle: async () => {
            begun += 1;
            await finish.promise;
            return { status: 200, headers: {}, body: '{}' };
          },
        },
      },
      { limits: { largeBodies: 2 } },
    );
    const post = (body: string) => fetch(`${server.url}/api/call-queue`, { method: 'POST', body });
    const running = [post(MEGABYTES_2), post(MEGABYTES_2)];
    await expect.poll(() => begun).toBe(2);

    const third = await post(MEGABYTES_2);
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1']);
    expect(((await third.json()) as { messages: string[] }).messages).toEqual([
      'More than 2 large requests at the same time, try again',
    ]);
    const small = post('action=read');
    finish.resolve();
    expect((await small).status).toBe(200);
    for (const answer of await Promise.all(running)) expect(answer.status).toBe(200);
    await expect.poll(async () => (await post(MEGABYTES_2)).status).toBe(200);
  });

  it('are not received without a token: 401 comes first, and memory stays as it is', async () => {
    await using app = await startTestApp();
    const before = process.memoryUsage().rss;
    const chunk = Buffer.alloc(64 * 1024, 'a');
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = await openSocket(app.url);
        const end = ended(socket);
        socket.write(`POST /api/call-queue HTTP/1.1\r\nHost: a\r\nContent-Length: ${16 * 1024 * 1024}\r\n\r\n`);
        for (let part = 0; part < 16; part += 1) socket.write(chunk);
        socket.once('data', () => setTimeout(() => socket.destroy(), 50));
        return (await end)[0]?.status;
      }),
    );
    expect(answers).toEqual(Array(50).fill(401));
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
  });

  it('are asked for only when they may come: no 100 Continue without a token', async () => {
    await using app = await startTestApp();
    const expecting = (headers: string[]) =>
      request('POST', '/api/call-queue', { headers: ['Expect: 100-continue', 'Content-Length: 11', ...headers] });
    const refused = await openSocket(app.url);
    const refusal = ended(refused);
    refused.write(expecting([]));
    expect((await refusal).map(({ status }) => status)).toEqual([401]);

    const socket = await openSocket(app.url);
    const end = ended(socket);
    socket.once('data', () => socket.write('action=read'));
    socket.write(expecting([`Authorization: Bearer ${app.token}`]));
    expect((await end).map(({ status }) => status)).toEqual([100, 200]);
  });

  it('that are compressed are not inflated', async () => {
    await using app = await startTestApp();
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    const answer = await app.fetch('/api/call-queue', {
      method: 'POST',
      headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
      body: new Uint8Array(bomb),
    });
    expect(answer.status).toBe(415);
  });
});

describe('strange names and too many of them', () => {
  it.each<[string, string]>([
    ['a prototype', 'action=read&filters[__proto__][a]=1'],
    ['a constructor', 'action=read&filters[constructor][prototype][a]=1'],
    ['a prototype on the first level', '__proto__[a]=1&action=read'],
    ['too many values', `action=read&${'a[]=&'.repeat(100_001)}`],
    ['too many levels', `action=read&filters${'[a]'.repeat(9)}=1`],
  ])('%s: 400 in little time, and no object has a member more', async (_what, body) => {
    await using app = await startTestApp();
    const begun = performance.now();
    const answer = await app.fetch('/api/call-queue', { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('a header named like a prototype changes nothing', async () => {
    await using app = await startTestApp();
    const headers = [`Authorization: Bearer ${app.token}`, '__proto__: x', 'constructor: y'];
    const [answer] = await rawExchange(app.url, request('GET', '/api/call-queue?action=read', { headers }));
    expect(answer?.status).toBe(200);
  });
});
