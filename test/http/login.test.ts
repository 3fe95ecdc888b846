import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openSocket, parseAnswers, rawExchange, readToEnd, request } from '../support/raw-http.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** One request for each route that needs a token; with the right one, each does something. */
function closedDoors() {
  return app.app
    .routes()
    .filter(({ access }) => access === 'token')
    .map(({ method, url }) => ({ method, path: url.replace(':action', 'read') }));
}

const send = async (method: string, path: string, headers: string[]) => {
  const [answer, ...more] = await rawExchange(app.url, request(method, path, { headers }));
  if (answer === undefined || more.length > 0) throw new Error('Expected one answer');
  return answer;
};

describe('every route that is not open to everybody', () => {
  it('is one of those that the API documents', () => {
    const routes = app.app.routes();
    expect(routes.filter(({ access }) => access === 'token').map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/call-queue',
      'POST /api/call-queue',
      'POST /api/call-queue/:action',
      'GET /api/call-queue/events',
      'POST /api/call-queue/events',
      'GET /api/call-queue/export',
      'POST /api/call-queue/export',
      'GET /metrics',
    ]);
    for (const { url } of routes.filter(({ access }) => access === 'open')) {
      expect(url).toMatch(/^\/(healthz|readyz|api\/openapi\.json|api\/docs\/.*)$/);
    }
  });

  it('lets the right token in', async () => {
    for (const { method, path } of closedDoors()) {
      // By a client that need not read to the end: a stream of changes has none.
      const { status, body } = await app.fetch(path, { method });
      await body?.cancel();
      expect([path, status === 401]).toEqual([path, false]);
    }
  });

  it.each<[string, (token: string) => string[]]>([
    ['no header', () => []],
    ['two headers, both right', (token) => [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`]],
    ['a wrong and a right header', (token) => ['Authorization: Bearer x', `Authorization: Bearer ${token}`]],
    ['a right and a wrong header', (token) => [`Authorization: Bearer ${token}`, 'authorization: Bearer x']],
    ['the scheme in lower case', (token) => [`Authorization: bearer ${token}`]],
    ['basic authentication', (token) => [`Authorization: Basic ${Buffer.from(`api:${token}`).toString('base64')}`]],
    ['an empty header', () => ['Authorization:']],
    ['a scheme without a token', () => ['Authorization: Bearer ']],
    ['8 KiB of token', () => [`Authorization: Bearer ${'a'.repeat(8192)}`]],
    ['a cookie', (token) => [`Cookie: api_token=${token}; Authorization=Bearer ${token}`]],
    ['the address of the machine itself', () => ['X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1']],
    [
      'a header of the same meaning elsewhere',
      (token) => [`Proxy-Authorization: Bearer ${token}`, `X-Api-Key: ${token}`],
    ],
    ['a method that overrides', (token) => [`X-HTTP-Method-Override: GET`, `X-Authorization: Bearer ${token}`]],
  ])('refuses %s', async (_what, headers) => {
    for (const { method, path } of closedDoors()) {
      const answer = await send(method, path, headers(app.token));
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      const { has_error, messages, pagination, results } = JSON.parse(answer.body);
      expect({ has_error, pagination, results }).toEqual({ has_error: true, pagination: [], results: [] });
      expect(['Missing API token', 'Invalid API token']).toContain(messages[0]);
    }
  });

  it('refuses a token in the address, and in the body', async () => {
    for (const { method, path } of closedDoors()) {
      const answer = await send(method, `${path}?api_token=${app.token}&access_token=${app.token}`, []);
      expect(answer.status).toBe(401);
    }
    const body = JSON.stringify({ action: 'read', api_token: app.token });
    const [answer] = await rawExchange(
      app.url,
      request('POST', '/api/call-queue', { headers: ['Content-Type: application/json'], body }),
    );
    expect(answer?.status).toBe(401);
  });

  it('refuses a token with a NUL or a line break, which is no HTTP at all', async () => {
    for (const end of ['\0', '\r\n folded', '\rx', '\nx']) {
      const answer = await send('GET', '/api/call-queue', [`Authorization: Bearer ${app.token}${end}`]);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body).messages).toEqual(['Malformed HTTP request']);
    }
  });
});

describe('without a token', () => {
  it('the open addresses tell nothing but that they are there', async () => {
    for (const [path, body] of [
      ['/healthz', '{"status":"ok"}'],
      ['/readyz', '{"status":"ok"}'],
    ] as const) {
      const answer = await send('GET', path, []);
      expect([answer.status, answer.body]).toEqual([200, body]);
    }
    const walked: string[] = [];
    for (const { method, url, access } of app.app.routes()) {
      if (access !== 'open') continue;
      const answer = await send(method, url.replace('*', 'swagger-ui.css'), []);
      walked.push(url);
      expect([url, [200, 302].includes(answer.status)]).toEqual([url, true]);
      expect(answer.body).not.toContain(app.token);
      expect(answer.body).not.toContain(app.settings.database.replace('sqlite:', ''));
    }
    expect(walked.length).toBeGreaterThan(8);
  });

  it('metrics are closed, unless a setting opens them', async () => {
    expect((await send('GET', '/metrics', [])).status).toBe(401);
    await using open = await startTestApp({ settings: { metricsOpen: true } });
    const [answer] = await rawExchange(open.url, request('GET', '/metrics'));
    expect(answer?.status).toBe(200);
    expect(answer?.body).toContain('callqueue_build_info');
  });
});

describe('failed logins', () => {
  const wrong = 'GET /api/call-queue?action=read HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer wrong\r\n\r\n';

  it('end in 429 with Retry-After for their address, while the right token passes', async () => {
    await using app = await startTestApp();
    const socket = await openSocket(app.url);
    const received = readToEnd(socket);
    const right = request('GET', '/api/call-queue?action=read', { headers: [`Authorization: Bearer ${app.token}`] });
    socket.write(wrong.repeat(10_000) + right);
    const answers = parseAnswers(await received);
    expect(answers).toHaveLength(10_001);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.slice(0, 200).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(200, 10_000).every((status) => status === 429)).toBe(true);
    expect(statuses[10_000]).toBe(200);

    const last = answers[9999];
    const seconds = Number(last?.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(JSON.parse(last?.body ?? '').messages).toEqual([
      `Too many failed logins from this address, try again in ${seconds} seconds`,
    ]);
    expect(app.logLines.filter((line) => line.includes('"audit":"login_failed"'))).toHaveLength(10_000);
  });

  it('of one address do not touch another address', async () => {
    await using app = await startTestApp({
      settings: { limits: { failedLoginsPerMinute: 1 }, trustedProxies: ['127.0.0.1'] },
    });
    const from = async (address: string) => {
      const headers = { authorization: 'Bearer wrong', 'x-forwarded-for': address };
      return (await app.fetch('/api/call-queue', { headers })).status;
    };
    expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')]).toEqual([401, 429, 401]);
    // What stands further left was sent by the client itself, which may write there what it likes.
    expect(await from('198.51.100.7, 192.0.2.2')).toBe(429);
    expect(await from('2001:db8::1')).toBe(401);
    expect(await from('2001:db8::2')).toBe(429);
    expect(await from('2001:db8:0:1::2')).toBe(401);
  });

  it('do not count a wrong hash with a good token', async () => {
    await using app = await startTestApp({ settings: { limits: { failedLoginsPerMinute: 3 } } });
    const { token } = await app.addToken({ withKey: true });
    for (let time = 0; time < 10; time += 1) {
      expect((await app.post({ action: 'read', api_hash: 'wrong' }, { token })).status).toBe(401);
    }
  });

  it('believe X-Forwarded-For only of a trusted proxy', async () => {
    await using app = await startTestApp({ settings: { limits: { failedLoginsPerMinute: 1 } } });
    const from = async (address: string) =>
      (await app.fetch('/api/call-queue', { headers: { authorization: 'Bearer x', 'x-forwarded-for': address } }))
        .status;
    expect([await from('192.0.2.1'), await from('192.0.2.2')]).toEqual([401, 429]);
  });
});
