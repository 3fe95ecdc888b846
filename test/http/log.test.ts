import { describe, expect, it } from 'vitest';
import { createLogger, scrub } from '../../src/logger.ts';
import { startTestApp } from '../support/app.ts';
import { rawExchange, request } from '../support/raw-http.ts';

/** What a logger writes when `use` logs. */
function written(use: (logger: ReturnType<typeof createLogger>) => void, pretty = false): string {
  const lines: string[] = [];
  use(createLogger({ level: 'trace', pretty, destination: { write: (line) => void lines.push(line) } }));
  return lines.join('');
}

describe('the log', () => {
  it('has one line of JSON for each request, with what one looks for', async () => {
    await using app = await startTestApp();
    await app.post({ action: 'read' }, { headers: { 'x-request-id': 'abc' } });
    await app.fetch('/api/nothing?api_hash=123', { headers: { 'x-request-id': 'def' } });
    const lines = app.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        requestId: 'abc',
        method: 'POST',
        path: '/api/call-queue',
        action: 'read',
        status: 200,
        ms: expect.any(Number),
        tokenName: 'test',
        address: '127.0.0.1',
        msg: 'request',
      },
      expect.objectContaining({ requestId: 'def', method: 'GET', path: '/api/nothing', status: 404 }),
    ]);
  });

  it('cannot be broken or dressed up by what a caller sends', async () => {
    await using app = await startTestApp();
    const { token } = await app.addToken({ name: 'crm\n{"level":"fatal"}\u001b[2J\u009b31m\u2028' });
    const before = app.logLines.length;
    await app.post({ action: 'read' }, { token });
    await app.post({ action: '\u001b]0;x\u0007\n{"level":50}' });
    await rawExchange(app.url, request('GET', '/%0a%1b[2J"}{"level":"fatal"}\x9b31m'));
    await rawExchange(app.url, '\x1b]0;x\x07\n{"level":50}\r\n\r\n');
    const lines = app.logLines.slice(before);
    expect(lines.length).toBeGreaterThanOrEqual(4);
    for (const line of lines) {
      expect(line).toMatch(/^[^\n]*\n$/);
      expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      expect(['info', 'warn', 'debug']).toContain(JSON.parse(line).level);
    }
  });

  it('holds no secret, whatever goes wrong', async () => {
    await using app = await startTestApp();
    const { token, key } = await app.addToken({ withKey: true });
    const hash = 'c0ffee00'.repeat(4);
    await app.post({ action: 'read', api_hash: hash, api_password: 'hunter2' }, { token });
    await app.fetch(`/api/call-queue?action=read&api_hash=${hash}&api_password=hunter2`);
    await app.fetch(`/api/call-queue/x/y?api_token=${token}`);
    await app.fetch('/api/call-queue?action=read', { headers: { authorization: `Bearer ${token}x` } });
    await rawExchange(app.url, `GET /?api_token=${token} HTTP/1.1\r\nAuthorization: Bearer ${token}\0\r\n\r\n`);
    const log = app.logLines.join('');
    expect(app.logLines.length).toBeGreaterThan(5);
    for (const secret of [token, key, app.token, hash, 'hunter2']) expect(log).not.toContain(secret);
  });

  it('has an audit line for every failed login', async () => {
    await using app = await startTestApp();
    await app.fetch('/api/call-queue', { headers: { authorization: 'Bearer wrong', 'x-request-id': 'abc' } });
    const audit = app.logLines.map((line) => JSON.parse(line)).filter((line) => line.audit !== undefined);
    expect(audit).toEqual([
      {
        level: 'warn',
        time: expect.any(String),
        audit: 'login_failed',
        reason: 'unknown_token',
        address: '127.0.0.1',
        requestId: 'abc',
        msg: 'login failed',
      },
    ]);
  });
});

describe('a line of the log', () => {
  it('loses secrets wherever they stand', () => {
    const line = written((logger) => {
      const deep = [{ password: 'sesa\\"me4' }];
      logger.info({ authorization: 'Bearer sesame1-"sesame2', headers: { api_key: 'sesame3', deep } });
      logger.info('ami://user:sesame5@192.0.2.1:5038 and postgres://sesame6:sesame7@db/x and /x?api_hash=sesame8&y=1');
      logger.error({ err: new Error('sent Authorization: Bearer sesame9') });
    });
    // Nothing that may stand in the path of a checkout, which is in the stack of the error.
    expect(line).not.toContain('sesa');
    expect(line).toContain('192.0.2.1:5038');
    expect(line).toContain('y=1');
    for (const text of line.trimEnd().split('\n')) expect(() => JSON.parse(text)).not.toThrow();
  });

  it('has no control characters, not even those that JSON allows', () => {
    const line = written((logger) => logger.info({ name: 'a\u007f\u009b31m\u2028b\u0000\n' }, '\u0085'));
    expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    expect(JSON.parse(line)).toMatchObject({ name: 'a\u007f\u009b31m\u2028b\u0000\n', msg: '\u0085' });
  });

  it('for people has no control characters of others either', () => {
    const text = written(
      (logger) => logger.info({ name: 'a\u001b]0;x\u0007b\u009b31m\n\\u001b' }, 'hello \u001b[2J'),
      true,
    );
    // The colours are ours.
    const plain = text.replaceAll(/\u001b\[\d+m/g, '');
    expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(plain).toContain('hello \ufffd[2J');
    expect(plain).toContain('\\u001b');
  });

  it('of any size is scrubbed in linear time', () => {
    for (const part of ['api_', '://', '"token":"', 'Bearer ', '\\', '://a']) {
      const begun = performance.now();
      scrub(part.repeat(200_000));
      expect([part, performance.now() - begun < 1000]).toEqual([part, true]);
    }
  });
});
