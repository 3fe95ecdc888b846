import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  AuthenticationError,
  CallQueueApiError,
  CallQueueClientError,
  type ClientOptions,
  ConflictError,
  createClient,
  ForbiddenError,
  InvalidAnswerError,
  NetworkError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from '#client';
import { json, type Reply, startScriptedServer, text } from '../support/scripted-server.ts';

const TOKEN = 'cq_a-token-that-must-not-be-seen';
const KEY = 'a-key-that-must-not-be-seen';

const success: Reply = json(200, {
  has_error: false,
  messages: [],
  pagination: { row_count: 0, page_size: 100, current_page: 1, max_page: 1 },
  results: [],
});
const hangs: Reply = () => {};
const resets: Reply = (response) => response.destroy();

describe('a refusal becomes the error of its status', () => {
  test.each([
    [400, CallQueueApiError, 'refused'],
    [401, AuthenticationError, 'unauthenticated'],
    [403, ForbiddenError, 'forbidden'],
    [404, CallQueueApiError, 'refused'],
    [409, ConflictError, 'conflict'],
    [413, CallQueueApiError, 'refused'],
    [429, RateLimitError, 'rate_limited'],
    [500, ServerError, 'server_error'],
    [503, ServerError, 'server_error'],
  ])('%i', async (status, ErrorClass, code) => {
    const { error } = await outcomeOf([refusal(status, ['One', 'Two'])], { retries: 0 });
    expect(error.constructor).toBe(ErrorClass);
    expect(error).toMatchObject({
      name: ErrorClass.name,
      code,
      status,
      messages: ['One', 'Two'],
      errors: [
        { code: 'a_code', message: 'One', field: 'page', row: null },
        { code: 'a_code', message: 'Two', field: 'page', row: null },
      ],
      requestId: 'r-1',
      message: `One; Two (status ${status}, request r-1)`,
    });
  });

  test('also when the server sends sentences only and the status 200', async () => {
    const envelope = { has_error: true, messages: ['Invalid filter: x'], pagination: [], results: [] };
    const { error } = await outcomeOf([json(200, envelope)]);
    expect(error.constructor).toBe(CallQueueApiError);
    expect(error).toMatchObject({ status: 200, messages: ['Invalid filter: x'], errors: [], requestId: undefined });
  });

  test('also when the token is as short as a word of the envelope', async () => {
    const { error } = await outcomeOf([refusal(403, ['This token may not read'])], { token: 'token' });
    expect(error).toMatchObject({ status: 403, messages: ['This token may not read'] });
  });

  test('and is not tried again', async () => {
    const { requests } = await outcomeOf([refusal(401, ['Invalid api_hash']), success]);
    expect(requests).toBe(1);
  });
});

describe('a read is sent again', () => {
  test.each([
    ['429', refusal(429, ['Too many'])],
    ['503', refusal(503, ['Starting'])],
    ["a proxy's 502", text(502, '<html>Bad gateway</html>')],
    ['a broken connection', resets],
    ['an answer that breaks off', breaksOff],
  ])('after %s', async (_, reply) => {
    const { waits, requests, error } = await outcomeOf([reply, reply, success]);
    expect(error).toBeUndefined();
    expect(requests).toBe(3);
    expect(waits).toHaveLength(2);
    // 300 ms, then 600 ms, each less up to half of it.
    expect(waits[0]).toSatisfy((ms: number) => ms >= 150 && ms <= 300);
    expect(waits[1]).toSatisfy((ms: number) => ms >= 300 && ms <= 600);
  });

  test('with the same body', async () => {
    await using server = await startScriptedServer([resets, success]);
    await createClient({ url: server.url, token: TOKEN, key: KEY, wait: async () => {} }).read({ page: 3 });
    expect(server.requests[1]!.body).toBe(server.requests[0]!.body);
  });

  test('as often as allowed, then the last error is thrown', async () => {
    const { requests, error } = await outcomeOf([resets, resets, resets, refusal(503, ['Stopping'])], { retries: 3 });
    expect(requests).toBe(4);
    expect(error).toBeInstanceOf(ServerError);
  });

  test('after the seconds of Retry-After, and a little more', async () => {
    const { waits } = await outcomeOf([refusal(429, ['Too many'], { 'retry-after': '7' }), success]);
    expect(waits[0]).toSatisfy((ms: number) => ms >= 7000 && ms <= 7300);
  });

  test("after the date of Retry-After, seen from the server's clock", async () => {
    const headers = { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:49:57 GMT' };
    const { waits } = await outcomeOf([refusal(503, ['Starting'], headers), success]);
    expect(waits[0]).toSatisfy((ms: number) => ms >= 20_000 && ms <= 20_300);
  });

  test('at once when that date has passed, and as without one when Retry-After means nothing', async () => {
    const past = { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:00:00 GMT' };
    const nonsense = { 'retry-after': 'soon' };
    const { waits } = await outcomeOf([refusal(503, ['a'], past), refusal(503, ['b'], nonsense), success]);
    expect(waits[0]).toSatisfy((ms: number) => ms >= 0 && ms <= 300);
    expect(waits[1]).toSatisfy((ms: number) => ms >= 300 && ms <= 600);
  });

  test('not when the server asks for a longer wait than allowed: the error says how long', async () => {
    const reply = refusal(429, ['Too many'], { 'retry-after': '60' });
    const { requests, waits, error } = await outcomeOf([reply, success], { maxRetryDelayMs: 59_999 });
    expect({ requests, waits }).toEqual({ requests: 1, waits: [] });
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterMs: 60_000 });
  });

  test('never later than allowed', async () => {
    const reply = refusal(429, ['Too many'], { 'retry-after': '60' });
    const { waits } = await outcomeOf([reply, resets, success], { maxRetryDelayMs: 60_000, retries: 2 });
    expect(waits[0]).toBe(60_000);
    const { waits: short } = await outcomeOf([resets, resets, resets, success], { maxRetryDelayMs: 100, retries: 3 });
    expect(short.every((ms) => ms <= 100)).toBe(true);
  });
});

describe('without an answer', () => {
  test('nobody listening is a NetworkError that names address and reason', async () => {
    const server = await startScriptedServer([]);
    await server.stop();
    const error = await createClient({ url: server.url, token: TOKEN, retries: 0 })
      .read()
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toContain(`No answer from ${server.url}/api/call-queue: `);
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('a silent server is a TimeoutError, not tried again', async () => {
    const { error, requests } = await outcomeOf([hangs, success], { timeoutMs: 40 });
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toMatch(/within 40 ms$/);
    expect(requests).toBe(1);
  });

  test('so is one that stops in the middle of its answer', async () => {
    const stalls: Reply = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"has_error":');
    };
    const { error } = await outcomeOf([stalls], { timeoutMs: 40 });
    expect(error).toBeInstanceOf(TimeoutError);
  });

  test('an answer that breaks off is a NetworkError', async () => {
    const { error } = await outcomeOf([breaksOff], { retries: 0 });
    expect(error).toBeInstanceOf(NetworkError);
  });
});

describe('an answer that is not the API is an InvalidAnswerError that says what came', () => {
  test.each([
    ["a proxy's page", text(502, '<html>\n<h1>Bad Gateway</h1>'), /text\/html, begins with <html> <h1>Bad Gateway/],
    ['a page with status 200', text(200, '<!doctype html>'), /begins with <!doctype html> \(status 200\)/],
    ['half of an answer', text(200, '{"has_error":false,"mess'), /begins with \{"has_error":false,"mess/],
    ['nothing', text(200, ''), /the answer is empty/],
    ['JSON of another program', json(200, { ok: true }), /begins with \{"ok":true\}/],
    ['success under a wrong status', json(500, { has_error: false, messages: [], pagination: [], results: [] }), /500/],
    ['a long page', text(404, 'x'.repeat(1_000_000)), /begins with x{200}… \(status 404\)/],
  ])('%s', async (_, reply, message) => {
    const { error } = await outcomeOf([reply], { retries: 0 });
    expect(error).toBeInstanceOf(InvalidAnswerError);
    expect(error.message).toMatch(message);
  });

  test('a redirect, which is not followed', async () => {
    await using target = await startScriptedServer([success]);
    const { error } = await outcomeOf([text(302, '', { location: `${target.url}/login` })]);
    expect(error).toBeInstanceOf(InvalidAnswerError);
    expect(error.message).toContain(`it redirects to ${target.url}/login; put the final address into url`);
    expect(target.requests).toHaveLength(0);
  });
});

describe('an aborted signal', () => {
  const reason = new Error('the user left');

  test('before the request sends nothing', async () => {
    await using server = await startScriptedServer([success]);
    const reading = createClient({ url: server.url, token: TOKEN }).read({}, { signal: AbortSignal.abort(reason) });
    await expect(reading).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  test('during the request ends it with its reason', async () => {
    const controller = new AbortController();
    await using server = await startScriptedServer([() => controller.abort(reason), success]);
    const reading = createClient({ url: server.url, token: TOKEN }).read({}, { signal: controller.signal });
    await expect(reading).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  test('between two tries ends the wait', async () => {
    const controller = new AbortController();
    const reply = refusal(503, ['Starting'], { 'retry-after': '3600' });
    await using server = await startScriptedServer([
      (response, request) => {
        response.on('finish', () => setImmediate(() => controller.abort(reason)));
        reply(response, request);
      },
      success,
    ]);
    const client = createClient({ url: server.url, token: TOKEN, maxRetryDelayMs: 10_000_000 });
    await expect(client.read({}, { signal: controller.signal })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  test('ends the loop over all calls', async () => {
    const controller = new AbortController();
    const results = [{ id: 1 }, { id: 2 }];
    const pagination = { row_count: 4, page_size: 2, next_cursor: 'next' };
    await using server = await startScriptedServer([
      json(200, { has_error: false, messages: [], pagination, results }),
    ]);
    const seen: number[] = [];
    const reading = (async () => {
      const calls = createClient({ url: server.url, token: TOKEN }).calls({}, { signal: controller.signal });
      for await (const call of calls) {
        seen.push(call.id);
        if (call.id === 2) controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    expect(seen).toEqual([1, 2]);
  });

  test('of a long-lived caller gathers no listeners', async () => {
    await using server = await startScriptedServer([resets, success, success]);
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const client = createClient({ url: server.url, token: TOKEN, maxRetryDelayMs: 1 });
    await client.read({}, { signal });
    await client.read({}, { signal });
    expect(server.requests).toHaveLength(3);
    expect(listeners).toBe(0);
  });
});

test('no error shows the token or the key, even when a proxy repeats the request', async () => {
  const echo: Reply = (response, request) => {
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end(`<pre>authorization: ${request.headers.authorization} ${TOKEN.repeat(20)}</pre>`);
  };
  const envelope: Reply = (response, request) =>
    refusal(400, [`Unexpected header ${request.headers.authorization}`])(response, request);
  const redirect: Reply = (response, request) =>
    text(302, '', { location: `/login?was=${encodeURIComponent(String(request.headers.authorization))}` })(
      response,
      request,
    );
  for (const reply of [echo, envelope, redirect, resets, hangs]) {
    const { error } = await outcomeOf([reply], { retries: 0, timeoutMs: reply === hangs ? 40 : 30_000 });
    expect(error).toBeInstanceOf(CallQueueClientError);
    const shown = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + error.stack;
    expect(shown).not.toContain(TOKEN);
    expect(shown).not.toContain(KEY);
  }
});

interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: tests look at members of many classes
  error: any;
  waits: number[];
  requests: number;
}

/** Reads once from a server that gives these replies; waits are noted instead of waited. */
async function outcomeOf(replies: readonly Reply[], options: Partial<ClientOptions> = {}): Promise<Outcome> {
  await using server = await startScriptedServer(replies);
  const waits: number[] = [];
  const wait = async (delayMs: number): Promise<void> => {
    waits.push(delayMs);
  };
  const client = createClient({ url: server.url, token: TOKEN, key: KEY, wait, ...options });
  const error = await client.read().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, waits, requests: server.requests.length };
}

function refusal(status: number, messages: readonly string[], headers: Record<string, string> = {}): Reply {
  const errors = messages.map((message) => ({ code: 'a_code', message, field: 'page', row: null }));
  const envelope = { has_error: true, messages, pagination: [], results: [], errors };
  return json(status, envelope, { 'x-request-id': 'r-1', ...headers });
}

/** Says how long the answer is, sends less and hangs up. */
function breaksOff(response: Parameters<Reply>[0]): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"has_error":false,', () => response.destroy());
}
