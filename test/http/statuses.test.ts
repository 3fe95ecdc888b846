import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/core/errors.ts';
import type { Backend } from '../../src/http/backend.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { anyLogin, startHttpServer } from '../support/http-server.ts';
import { openSocket, parseAnswers, type RawAnswer, rawExchange, readToEnd, request } from '../support/raw-http.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { limits: { bodyBytes: 2 * 1024 * 1024 } } });
});
afterAll(() => app.stop());

const AUTHORIZATION = () => `Authorization: Bearer ${app.token}`;

async function one(bytes: string, url = app.url): Promise<RawAnswer> {
  const [answer, ...more] = await rawExchange(url, bytes);
  if (answer === undefined || more.length > 0) throw new Error('Expected one answer');
  return answer;
}

/** Whatever goes wrong, the answer has this shape and these headers. */
function expectEnvelope(answer: RawAnswer, status: number, message: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.headers['x-request-id']).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
  const { errors, ...envelope } = JSON.parse(answer.body);
  expect(envelope).toEqual({ has_error: true, messages: [message], pagination: [], results: [] });
  expect(errors).toEqual([{ code: expect.stringMatching(/^[a-z_]+$/), message, field: null, row: null }]);
}

describe('an unknown address', () => {
  it.each(['/api', '/api/', '/api/x', '/api/call-queue/', '/api/call-queue/read/x', '/api/call-queues', '/', '/x.php'])(
    '%s is 404 with a token and without, whatever the method',
    async (path) => {
      for (const method of ['GET', 'POST', 'PUT', 'OPTIONS', 'PROPFIND']) {
        for (const headers of [[], [AUTHORIZATION()]]) {
          const answer = await one(request(method, path, { headers }));
          expectEnvelope(answer, 404, `Unknown address: ${path} (the API is at /api/call-queue)`);
        }
      }
    },
  );

  it('is quoted without its query and cut at 100 characters', async () => {
    const answer = await one(request('GET', `/${'a'.repeat(2000)}?api_hash=secret`));
    expectEnvelope(answer, 404, `Unknown address: /${'a'.repeat(99)}… (the API is at /api/call-queue)`);
  });

  it('that cannot be decoded is 400', async () => {
    for (const path of ['/api/%zz', '/api/call-queue/%c3%28', '/%']) {
      const answer = await one(request('GET', path));
      expectEnvelope(answer, 400, `Malformed address: ${path} (its percent-encoding cannot be read)`);
    }
  });
});

describe('a method that an address does not have', () => {
  it.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'QUERY', 'M-SEARCH'])(
    '%s is 405 with Allow, before anybody asks for a token',
    async (method) => {
      const answer = await one(request(method, '/api/call-queue?action=read'));
      expectEnvelope(answer, 405, `Method ${method} is not allowed here (use GET, POST)`);
      expect(answer.headers.allow).toBe('GET, POST');
    },
  );

  it('is 405 with a body of any kind as well', async () => {
    for (const type of ['application/json', 'nonsense', ';;;']) {
      const headers = [`Content-Type: ${type}`];
      const answer = await one(request('PUT', '/api/call-queue', { headers, body: '{' }));
      expect(answer.status).toBe(405);
    }
  });

  it('HEAD is 405 too, and has no body', async () => {
    const answer = await fetch(`${app.url}/api/call-queue`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('allow'), await answer.text()]).toEqual([405, 'GET, POST', '']);
  });

  it('names what the address does have', async () => {
    for (const [path, method, allowed] of [
      ['/api/call-queue/read', 'GET', 'POST'],
      ['/healthz', 'POST', 'GET, HEAD'],
      ['/metrics', 'POST', 'GET'],
      ['/api/openapi.json', 'DELETE', 'GET'],
      ['/api/docs', 'POST', 'GET'],
      ['/api/docs/static/swagger-ui.css', 'PUT', 'HEAD, GET'],
    ] as const) {
      const answer = await one(request(method, path));
      expectEnvelope(answer, 405, `Method ${method} is not allowed here (use ${allowed})`);
      expect(answer.headers.allow).toBe(allowed);
    }
  });

  it('is 405 when HTTP has no such method, or a proxy is asked for', async () => {
    expect((await one(request('BREW', '/api/call-queue'))).status).toBe(405);
    expect((await one(request('CONNECT', 'example.org:443'))).status).toBe(405);
  });
});

describe('a request that is no HTTP', () => {
  it.each([
    ['words', 'hello\r\n\r\n'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['two lengths', 'POST /api/call-queue HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a negative length', 'POST /api/call-queue HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n'],
    [
      'a length and chunks',
      'POST /api/call-queue HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('%s is 400', async (_what, bytes) => {
    expectEnvelope(await one(bytes), 400, 'Malformed HTTP request');
  });

  it('or lacks the Host that HTTP/1.1 wants is 400', async () => {
    const answer = await one('GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n');
    expectEnvelope(answer, 400, 'Missing Host header (HTTP/1.1 requires it)');
    expect((await one('GET /healthz HTTP/1.0\r\n\r\n')).status).toBe(200);
  });

  it('or has endless headers is 431 and told to POST', async () => {
    const answer = await one(request('GET', `/api/call-queue?filters[id][]=${'1'.repeat(40_000)}`));
    const message =
      'Address and headers too large: at most 32768 bytes are accepted, send long parameters as the body of a POST';
    expectEnvelope(answer, 431, message);
  });
});

describe('a body', () => {
  const LIMIT = 2 * 1024 * 1024;
  const TOO_LARGE = `Request body too large: at most ${LIMIT} bytes are accepted, send it in parts`;

  it('that announces too many bytes is 413 before anybody asks for a token or reads on', async () => {
    for (const headers of [[], [AUTHORIZATION()]]) {
      const socket = await openSocket(app.url);
      const received = readToEnd(socket);
      const lines = ['POST /api/call-queue HTTP/1.1', 'Host: test', 'Connection: close', ...headers];
      socket.write(`${lines.join('\r\n')}\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`);
      const [answer] = parseAnswers(await received);
      expectEnvelope(answer as RawAnswer, 413, TOO_LARGE);
    }
  });

  it('that turns out too large is 413, with a token', async () => {
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
    const headers = [AUTHORIZATION(), 'Transfer-Encoding: chunked'];
    const answer = await one(`${request('POST', '/api/call-queue', { headers })}${chunk.repeat(33)}0\r\n\r\n`);
    expectEnvelope(answer, 413, TOO_LARGE);
  });

  it('of exactly the limit is read', async () => {
    const body = `action=read&x=${'a'.repeat(LIMIT - 14)}`;
    const answer = await one(request('POST', '/api/call-queue', { headers: [AUTHORIZATION()], body }));
    expectEnvelope400(answer, 'Invalid parameter: x');
  });

  it('that is compressed is 415, after the token was checked', async () => {
    for (const encoding of ['gzip', 'br', 'deflate', 'GZIP', 'identity, gzip', 'x']) {
      const headers = [`Content-Encoding: ${encoding}`, 'Content-Type: application/json'];
      const body = '\x1f\x8b…';
      const answer = await one(request('POST', '/api/call-queue', { headers: [AUTHORIZATION(), ...headers], body }));
      expectEnvelope(answer, 415, `Unsupported Content-Encoding: ${encoding} (send the body uncompressed)`);
      expect((await one(request('POST', '/api/call-queue', { headers, body }))).status).toBe(401);
    }
    const headers = [AUTHORIZATION(), 'Content-Encoding: identity'];
    expect((await one(request('POST', '/api/call-queue', { headers, body: 'action=read' }))).status).toBe(200);
  });

  it('may have any content type that HTTP knows or not', async () => {
    for (const type of ['text/xml', 'foo', ';;;', 'text/plain; charset=', '*/*', 'application/x-www-form-urlencoded']) {
      const headers = [AUTHORIZATION(), `Content-Type: ${type}`];
      const answer = await one(request('POST', '/api/call-queue', { headers, body: 'action=read' }));
      expect([type, answer.status]).toEqual([type, 200]);
    }
    const none = request('POST', '/api/call-queue', { headers: [AUTHORIZATION()], body: 'action=read' });
    expect((await one(none)).status).toBe(200);
  });

  it.each([
    ['a plain type', ['application/json']],
    ['a tab behind it', ['application/json\t']],
    ['blanks around it', ['   application/json  ']],
    ['an empty parameter', ['application/json;']],
    ['capitals and a parameter', ['APPLICATION/JSON ;x']],
    ['a second header', ['application/json', 'text/plain']],
    ['a suffix', ['application/vnd.api+json']],
  ])('of JSON is judged the same with %s', async (_what, types) => {
    const headers = [AUTHORIZATION(), ...types.map((type) => `Content-Type: ${type}`)];
    const bad = request('POST', '/api/call-queue', { headers, body: '{"action":"read","bogus":1}' });
    expectEnvelope400(await one(bad), 'Invalid parameter: bogus');
    const broken = request('POST', '/api/call-queue', { headers, body: '{"action":"read"' });
    expect(JSON.parse((await one(broken)).body).messages[0]).toMatch(/^Invalid JSON at line 1, column \d+: /);
  });

  it('is never taken for parameters without being judged: JSON under another type is 415', async () => {
    for (const headers of [['Content-Type: text/json'], ['Content-Type: text/plain'], []]) {
      const answer = await one(
        request('POST', '/api/call-queue', {
          headers: [AUTHORIZATION(), ...headers],
          body: '{"action":"read","bogus":1}',
        }),
      );
      expect(answer.status).toBe(415);
    }
  });

  it('that ends early is no request, and does no harm', async () => {
    const socket = await openSocket(app.url);
    const lines = ['POST /api/call-queue HTTP/1.1', 'Host: test', AUTHORIZATION(), 'Content-Length: 100'];
    socket.write(`${lines.join('\r\n')}\r\n\r\naction=re`, () => socket.end());
    await readToEnd(socket);
    expect((await app.post({ action: 'read' })).status).toBe(200);
  });

  function expectEnvelope400(answer: RawAnswer, message: string): void {
    expect([answer.status, JSON.parse(answer.body).messages]).toEqual([400, [message]]);
  }
});

describe('POST /api/call-queue/ACTION', () => {
  it('is the same as the action in the parameters', async () => {
    const { body } = await app.post({ page_size: 5 }, { path: '/api/call-queue/read' });
    expect(body).toEqual((await app.post({ action: 'read', page_size: 5 })).body);
    expect((await app.post({ action: 'read' }, { path: '/api/call-queue/read' })).status).toBe(200);
  });

  it('must agree with the action in the parameters, and exist', async () => {
    const other = await app.post({ action: 'save' }, { path: '/api/call-queue/read' });
    expect(other.status).toBe(400);
    const unknown = await app.post({}, { path: '/api/call-queue/nope' });
    expect([unknown.status, unknown.body.messages]).toEqual([400, ['Invalid action: nope']]);
    const long = await app.post({}, { path: `/api/call-queue/${'x'.repeat(300)}` });
    expect([long.status, long.body.messages]).toEqual([400, [`Invalid action: ${'x'.repeat(100)}…`]]);
  });
});

describe('a defect', () => {
  it('is answered 500 with a reference that stands in the log beside the cause, and nothing else', async () => {
    await using server = await startHttpServer({
      api: {
        handle: async () => {
          throw new TypeError('cannot read the secret of /etc/passwd');
        },
      },
    });
    const answer = await one(request('POST', '/api/call-queue', { body: 'action=read' }), server.url);
    const reference = answer.headers['x-request-id'];
    expectEnvelope(answer, 500, `Internal error (reference ${reference})`);
    const line = server.logLines.find((text) => text.includes('"level":"error"'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      requestId: reference,
      err: { type: 'TypeError', message: 'cannot read the secret of /etc/passwd' },
    });
  });

  it('of any kind leaves the service alive', async () => {
    for (const thrown of [undefined, null, 'a text', 42, { status: 200 }, Object.create(null)]) {
      await using server = await startHttpServer({ api: { handle: () => Promise.reject(thrown) } });
      const answer = await one(request('POST', '/api/call-queue', { body: 'action=read' }), server.url);
      expect([thrown, answer.status]).toEqual([thrown, 500]);
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    }
  });
});

describe('503', () => {
  it('with Retry-After is the answer while the service starts', async () => {
    await using server = await startHttpServer();
    const answer = await one(request('GET', '/api/call-queue?action=read'), server.url);
    expectEnvelope(answer, 503, 'The service is starting, try again');
    expect(answer.headers['retry-after']).toBe('5');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('with Retry-After is the answer while the database is away', async () => {
    await using server = await startHttpServer({
      api: { handle: () => Promise.reject(new StoreUnavailableError('locked by another process')) },
      checkWritable: () => Promise.reject(new StoreUnavailableError('locked by another process')),
    });
    const answer = await one(request('GET', '/api/call-queue?action=read'), server.url);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.body).not.toContain('locked by another process');
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  });

  it('is ready from the moment at which it answers, although somebody asked just before', async () => {
    await using server = await startHttpServer();
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    server.http.serve({
      api: { handle: async () => ({ status: 200, headers: {}, body: '{}' }) },
      authenticator: anyLogin,
      checkWritable: async () => undefined,
      parts: {} as Backend['parts'],
    });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });
});
