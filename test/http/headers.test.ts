import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codingFor } from '../../src/http/compression.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { startHttpServer } from '../support/http-server.ts';
import { type RawAnswer, rawExchange, request } from '../support/raw-http.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const read = async (headers: string[], url = app.url): Promise<RawAnswer> => {
  const all = [`Authorization: Bearer ${app.token}`, ...headers];
  const [answer] = await rawExchange(url, request('GET', '/api/call-queue?action=read', { headers: all }));
  if (answer === undefined) throw new Error('No answer');
  return answer;
};

describe('every answer', () => {
  it('is JSON in UTF-8, never stored, never guessed at, and not for pages of other origins', async () => {
    for (const headers of [[], ['Origin: https://example.org'], ['Authorization: Bearer x']]) {
      const answer = await read(headers);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        vary: 'Accept-Encoding',
      });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('X-Request-Id', () => {
  it.each(['a', 'A-Za-z0-9_.', 'x'.repeat(64)])('is taken from the request when it is %s', async (id) => {
    expect((await read([`X-Request-Id: ${id}`])).headers['x-request-id']).toBe(id);
    expect(app.logLines.some((line) => JSON.parse(line).requestId === id)).toBe(true);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a"b', '{}', 'ä', 'a,b'])('is made anew instead of %j', async (id) => {
    const answer = await read([`X-Request-Id: ${id}`]);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
  });

  it('is never the same twice when it is made', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, async () => (await read([])).headers['x-request-id']));
    expect(new Set(ids).size).toBe(50);
  });
});

describe('compression', () => {
  const body = JSON.stringify({ results: Array.from({ length: 500 }, (_, id) => ({ id, status: 'pending' })) });

  async function answerTo(acceptEncoding: string | undefined, text = body) {
    await using server = await startHttpServer({
      api: { handle: async () => ({ status: 200, headers: {}, body: Buffer.from(text) }) },
    });
    const { promise, resolve } = Promise.withResolvers<{ coding: string | undefined; bytes: Buffer; length: number }>();
    const { get } = await import('node:http');
    const headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding };
    get(`${server.url}/api/call-queue?action=read`, { headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        resolve({
          coding: answer.headers['content-encoding'],
          bytes: Buffer.concat(chunks),
          length: Number(answer.headers['content-length']),
        });
      });
    });
    return await promise;
  }

  it('is not done unless asked for', async () => {
    for (const asked of [undefined, '', 'identity', 'gzip;q=0', 'deflate, zstd', '*;q=0']) {
      const { coding, bytes } = await answerTo(asked);
      expect([asked, coding, bytes.toString() === body]).toEqual([asked, undefined, true]);
    }
  });

  it('is gzip or brotli, and gives back the same text', async () => {
    const zipped = await answerTo('gzip, deflate');
    expect([zipped.coding, gunzipSync(zipped.bytes).toString()]).toEqual(['gzip', body]);
    const brotli = await answerTo('gzip, deflate, br');
    expect([brotli.coding, brotliDecompressSync(brotli.bytes).toString()]).toEqual(['br', body]);
    for (const { bytes, length } of [zipped, brotli]) {
      expect(length).toBe(bytes.length);
      expect(bytes.length).toBeLessThan(body.length / 4);
    }
  });

  it('is left out where there is nothing to gain', async () => {
    expect((await answerTo('gzip', '{}')).coding).toBeUndefined();
  });

  it.each<[string, ReturnType<typeof codingFor>]>([
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['*', 'br'],
    ['*;q=0.1, gzip', 'gzip'],
    [' GZIP ; q=1.0 ', 'gzip'],
    ['gzip;q=0.000', undefined],
    ['x-gzip', undefined],
    [',,,;;;=', undefined],
  ])('%j means %s', (acceptEncoding, coding) => {
    expect(codingFor(acceptEncoding)).toBe(coding);
  });
});

describe('/api/docs', () => {
  it('names no other host, and runs nothing but its own scripts', async () => {
    const page = await fetch(`${app.url}/api/docs`);
    const html = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|https?:/);
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);

    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(parts.length).toBeGreaterThan(4);
    for (const part of parts) {
      const answer = await fetch(new URL(part, `${app.url}/api/docs`));
      expect([part, answer.status]).toEqual([part, 200]);
      await answer.arrayBuffer();
    }
    const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=|<style/g)];
    expect(inline).toEqual([]);
  });

  it('shows the document that /api/openapi.json answers', async () => {
    const document = (await (await fetch(`${app.url}/api/openapi.json`)).json()) as { openapi: string; paths: object };
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(document.paths)).toContain('/api/call-queue');
    expect(await (await fetch(`${app.url}/api/docs/json`)).json()).toEqual(document);
    const script = await (await fetch(`${app.url}/api/docs/static/swagger-initializer.js`)).text();
    expect(script.replace(/^ *\/\/.*$/gm, '')).not.toMatch(/https?:\/\//);
  });
});
