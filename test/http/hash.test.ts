import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOW, startTestApp, type TestApp } from '../support/app.ts';
import { continueMd5 } from '../support/md5-extension.ts';

const md5 = (text: string | Uint8Array) => createHash('md5').update(text).digest('hex');

let app: TestApp;
let token: string;
let key: string;
beforeAll(async () => {
  app = await startTestApp();
  ({ token, key } = await app.addToken({ withKey: true }));
});
afterAll(() => app.stop());

async function postForm(body: string, query = '', asToken = token) {
  const answer = await app.fetch(`/api/call-queue${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${asToken}`, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  const { messages } = (await answer.json()) as { messages: string[] };
  return { status: answer.status, messages };
}

const OK = { status: 200, messages: [] };
const INVALID = { status: 401, messages: ['Invalid api_hash'] };

describe('the hash of a request', () => {
  it('is needed when the token has a key, in whatever place and letter case', async () => {
    const hash = md5(`action=read&page=1${key}`);
    expect(await postForm('action=read&page=1')).toEqual({ status: 401, messages: ['Missing api_hash'] });
    expect(await postForm(`action=read&page=1&api_hash=${hash}`)).toEqual(OK);
    expect(await postForm(`api_hash=${hash}&action=read&page=1`)).toEqual(OK);
    expect(await postForm(`action=read&api_hash=${hash.toUpperCase()}&page=1`)).toEqual(OK);
  });

  it('covers the order and every character', async () => {
    const hash = md5(`action=read&page=1${key}`);
    expect(await postForm(`page=1&action=read&api_hash=${hash}`)).toEqual(INVALID);
    expect(await postForm(`action=read&page=2&api_hash=${hash}`)).toEqual(INVALID);
    expect(await postForm(`action=read&page=1&page_size=1&api_hash=${hash}`)).toEqual(INVALID);
  });

  it('is checked before the parameters are', async () => {
    expect(await postForm('bogus=1')).toEqual({ status: 401, messages: ['Missing api_hash'] });
    expect(await postForm(`bogus=1&api_hash=${md5('bogus=1')}`)).toEqual(INVALID);
  });

  it('may cover the time of the request, which then ends five minutes later', async () => {
    const signed = (parameters: string) => `${parameters}&api_hash=${md5(`${parameters}${key}`)}`;
    const at = (seconds: number) => signed(`action=read&api_time=${NOW + seconds}`);
    const stale = (seconds: number) => ({
      status: 401,
      messages: [
        `Invalid api_time: ${NOW + seconds} (expected the seconds since 1970 of this moment, at most 300 off)`,
      ],
    });
    for (const seconds of [-300, 0, 300]) expect(await postForm(at(seconds))).toEqual(OK);
    for (const seconds of [-301, 301]) expect(await postForm(at(seconds))).toEqual(stale(seconds));
    // Who recorded the request can neither change its time nor leave it out.
    const recorded = md5(`action=read&api_time=${NOW - 301}${key}`);
    expect(await postForm(`action=read&api_time=${NOW}&api_hash=${recorded}`)).toEqual(INVALID);
    expect(await postForm(`action=read&api_hash=${recorded}`)).toEqual(INVALID);
    for (const value of ['', 'now', '-5', '1e9', '9'.repeat(400)]) {
      const { status, messages } = await postForm(signed(`action=read&api_time=${value}`));
      expect([status, messages[0]?.startsWith(`Invalid api_time: ${value.slice(0, 100)}`)]).toEqual([401, true]);
    }
  });

  it('is ignored when the token has no key', async () => {
    expect(await postForm('action=read&api_hash=whatever', '', app.token)).toEqual(OK);
  });

  it.each([
    ['empty', '', 'Missing api_hash'],
    ['31 digits', 'a'.repeat(31), 'Invalid api_hash'],
    ['33 digits', 'a'.repeat(33), 'Invalid api_hash'],
    ['32 letters that are no digits', 'z'.repeat(32), 'Invalid api_hash'],
    ['32 letters beyond ASCII', 'ä'.repeat(32), 'Invalid api_hash'],
    ['a megabyte', 'a'.repeat(1024 * 1024), 'Invalid api_hash'],
  ])('is refused when it is %s', async (_what, hash, message) => {
    expect(await postForm(new URLSearchParams({ action: 'read', api_hash: hash }).toString())).toEqual({
      status: 401,
      messages: [message],
    });
  });

  it('is refused when it is a list, a map, a number, true or null', async () => {
    for (const [api_hash, message] of [
      [['a'.repeat(32)], 'Invalid api_hash'],
      [{ 0: 'a' }, 'Invalid api_hash'],
      [12, 'Invalid api_hash'],
      [true, 'Invalid api_hash'],
      [null, 'Missing api_hash'],
    ] as const) {
      const { status, body } = await app.post({ action: 'read', api_hash }, { token });
      expect([status, body.messages]).toEqual([401, [message]]);
    }
  });

  it('goes into the audit when it is wrong, with the name of the token and without secrets', async () => {
    const before = app.logLines.length;
    await postForm(`action=read&api_hash=${'a'.repeat(32)}`);
    const line = app.logLines.slice(before).find((text) => text.includes('hash_refused'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 'warn',
      audit: 'hash_refused',
      reason: 'invalid_hash',
      tokenName: 'test',
      address: '127.0.0.1',
    });
    expect(line).not.toContain('aaaaaaaa');
  });
});

describe('what is hashed is what is done', () => {
  it('of a POST with a body, the query says nothing', async () => {
    const hash = md5(`action=read${key}`);
    expect(await postForm(`action=read&api_hash=${hash}`, '?action=delete&page=zzz')).toEqual(OK);
  });

  it('of equal names the last one counts, for both', async () => {
    expect(await postForm(`action=delete&action=read&api_hash=${md5(`action=read${key}`)}`)).toEqual(OK);
    expect(await postForm(`action=read&action=delete&api_hash=${md5(`action=read${key}`)}`)).toEqual(INVALID);
  });

  it('names count as PHP decodes them', async () => {
    const hash = md5(`action=read${key}`);
    expect(await postForm(`action=read&api%5Fhash=${hash}`)).toEqual(OK);
    expect(await postForm(`action=read&api.hash=${hash}`)).toEqual(OK);
    expect(await postForm(`action=read&api%20hash=${hash}`)).toEqual(OK);
  });

  it('only the hash of the first level is left out', async () => {
    const nested = 'action=read&data%5Bapi_hash%5D=x';
    expect(await postForm(`${nested}&api_hash=${md5(`action=read${key}`)}`)).toEqual(INVALID);
    expect(await postForm(`${nested}&api_hash=${md5(`${nested}${key}`)}`)).toEqual({
      status: 400,
      messages: ['Invalid parameter: data'],
    });
  });
});

describe('a forged hash', () => {
  it('made by extending a seen one is refused, as the key stands at the end', async () => {
    const seen = md5(`action=read${key}`);
    const more = '&page=2';
    const { padding, digest } = continueMd5(seen, `action=read${key}`.length, more);
    // The forgery is a real one: it is the hash of what was hashed, its padding, and the addition.
    const extended = Buffer.concat([Buffer.from(`action=read${key}`), padding, Buffer.from(more)]);
    expect(digest).toBe(md5(extended));
    for (const query of [
      'action=read&page=2',
      `action=read${[...padding].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}&page=2`,
    ]) {
      expect(await postForm(`${query}&api_hash=${digest}`)).toEqual(INVALID);
    }
  });
});
