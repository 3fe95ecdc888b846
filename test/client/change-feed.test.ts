import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  AuthenticationError,
  type CallQueueClientError,
  type ChangesOptions,
  type ClientOptions,
  createClient,
  FeedResetError,
  InvalidAnswerError,
  NetworkError,
  ServerError,
} from '#client';
import { json, type Reply, startScriptedServer, text } from '../support/scripted-server.ts';

const TOKEN = 'cq_a-token';
const resets: Reply = (response) => response.destroy();
const refused = (status: number, headers = {}) =>
  json(status, { has_error: true, messages: ['No'], pagination: [], results: [], errors: [] }, headers);

describe('changes, asked for', () => {
  test('are each yielded once, page after page, until there is nothing new', async () => {
    const { sequences, asked } = await following([page([1, 2], 2, true), page([5], 7, false)], { follow: false });
    expect(sequences).toEqual([1, 2, 5]);
    expect(asked).toEqual([{ since: 0 }, { since: 2 }]);
  });

  test('go on from what is known, with filters, page size and what rows are to hold', async () => {
    await using server = await startScriptedServer([page([], 4, false)]);
    const options = {
      since: 4,
      filters: { project_id: 1 },
      pageSize: 5,
      follow: false,
      timeFormat: 'rfc3339',
    } as const;
    await collect(createClient({ url: server.url, token: TOKEN }).changes({ ...options, with: ['waiting_for'] }));
    expect(JSON.parse(server.requests[0]!.body)).toEqual({
      action: 'changes',
      data: { since: 4, limit: 5, filters: { project_id: 1 } },
      with: ['waiting_for'],
      time_format: 'rfc3339',
    });
  });

  test('are asked for again after a while when there is nothing new', async () => {
    const replies = [page([1], 1, false), page([], 1, false), page([2], 2, false)];
    const { sequences, asked, waits } = await following(replies, { pollMs: 500 }, 2);
    expect(sequences).toEqual([1, 2]);
    expect(asked.map(({ since }) => since)).toEqual([0, 1, 1]);
    expect(waits).toEqual([500, 500]);
  });

  test('come back by themselves after any number of failures that pass, and somebody hears of it', async () => {
    const failures = [resets, refused(503), text(502, '<html>'), refused(429, { 'retry-after': '90' }), resets];
    const { sequences, asked, waits, told } = await following(
      [page([1], 1, true), ...failures, page([2], 2, true)],
      {},
      2,
    );
    expect(sequences).toEqual([1, 2]);
    expect(asked.map(({ since }) => since)).toEqual([0, 1, 1, 1, 1, 1, 1]);
    expect(told.map(({ code }) => code)).toEqual([
      'network',
      'server_error',
      'invalid_answer',
      'rate_limited',
      'network',
    ]);
    // Longer each time, and as long as the server asks even when that is more than we would wait by ourselves.
    for (const [index, longest] of [300, 600, 1200, 90_300, 4800].entries()) {
      expect(waits[index]).toSatisfy((ms: number) => ms >= (index === 3 ? 90_000 : longest / 2) && ms <= longest);
    }
  });

  test.each([
    ['a wrong token', refused(401), AuthenticationError],
    ['a failure of the server', refused(500), ServerError],
    ['feed numbers that go back', page([], 3, false), InvalidAnswerError],
    ['more without moving on', page([], 5, true), InvalidAnswerError],
    ['no feed numbers', json(200, { has_error: false, messages: [], pagination: [], results: [] }), InvalidAnswerError],
  ])('end with an error for %s', async (_, reply, ErrorClass) => {
    const { error, asked } = await following([reply], { since: 5 });
    expect(error).toBeInstanceOf(ErrorClass);
    expect(asked).toHaveLength(1);
  });

  test('are tried as often as any read when nobody follows them, then the error is thrown', async () => {
    const { error, asked } = await following([resets, resets, resets, page([], 0, false)], { follow: false });
    expect(error).toBeInstanceOf(NetworkError);
    expect(asked).toHaveLength(3);
  });

  test('that are not kept any more end with where to go on after reading everything', async () => {
    const { sequences, error } = await following([page([6], 6, true), page([], 90, false, true)], { since: 5 });
    expect(sequences).toEqual([6]);
    expect(error).toBeInstanceOf(FeedResetError);
    expect(error).toMatchObject({ code: 'feed_reset', nextSince: 90 });
  });

  test('end with the reason of the signal, also while waiting', async () => {
    await using server = await startScriptedServer([page([1], 1, false)]);
    const client = createClient({ url: server.url, token: TOKEN });
    const abort = new AbortController();
    const reason = new Error('enough');
    const changes = client.changes({ signal: abort.signal, pollMs: 600_000 });
    await changes.next();
    const waiting = changes.next();
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('changes, pushed', () => {
  test('come over one connection whose request is signed as any other', async () => {
    await using server = await startScriptedServer([stream(change(3), ': 15 s\n\n', change(4))]);
    const client = createClient({ url: `${server.url}/pbx`, token: TOKEN, key: 'your_api_key' });
    const filters = { status: ['pending', 'inprogress'], due: true, search: null } as const;
    const changes = client.changes({ since: 2, filters, live: true });
    expect(await take(changes, 2)).toEqual([3, 4]);
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/pbx/api/call-queue/events',
      headers: { authorization: `Bearer ${TOKEN}`, accept: 'text/event-stream', 'content-type': 'application/json' },
    });
    // md5sum of since=2&filters%5Bstatus%5D%5B0%5D=pending&filters%5Bstatus%5D%5B1%5D=inprogress&filters%5Bdue%5D=1
    // and the key
    expect(JSON.parse(request!.body)).toEqual({ since: 2, filters, api_hash: '50dd4efe9846e9644aa161252c492027' });
  });

  test('go on behind the last one after the connection breaks or the server ends it', async () => {
    const replies = [stream(change(1), change(2)), resets, refused(503), breaking(change(3)), stream(change(4))];
    const { sequences, asked, told } = await following(replies, { live: true }, 4);
    expect(sequences).toEqual([1, 2, 3, 4]);
    expect(asked.map(({ since }) => since)).toEqual([0, 2, 2, 2, 3]);
    expect(told.map(({ code }) => code)).toEqual(['network', 'network', 'server_error', 'network']);
  });

  test('that are not kept any more end with where to go on after reading everything', async () => {
    const reset = 'event: reset\nid: 90\ndata: {"next_since":90}\n\n';
    const { sequences, error } = await following([stream(change(8), reset)], { since: 7, live: true });
    expect(sequences).toEqual([8]);
    expect(error).toMatchObject({ code: 'feed_reset', nextSince: 90 });
  });

  test.each([
    ['a wrong token', refused(401), AuthenticationError],
    ['a page that is no stream', text(200, '<html>'), InvalidAnswerError],
    ['an answer that is no stream', page([1], 1, false), InvalidAnswerError],
    ['an event that holds no change', stream('data: hello\n\n'), InvalidAnswerError],
    ['a reset that does not say where to go on', stream('event: reset\ndata: {}\n\n'), InvalidAnswerError],
  ])('end with an error for %s', async (_, reply, ErrorClass) => {
    const { error, asked } = await following([reply], { live: true });
    expect(error).toBeInstanceOf(ErrorClass);
    expect(asked).toHaveLength(1);
  });

  test('close their connection when the loop is left', async () => {
    const closed = Promise.withResolvers<void>();
    const open: Reply = (response) => {
      response.on('close', () => closed.resolve());
      begin(response, change(1));
    };
    await using server = await startScriptedServer([open]);
    await take(createClient({ url: server.url, token: TOKEN }).changes({ live: true }), 1);
    await closed.promise;
  });

  describe('over a connection that died without a word', () => {
    afterEach(() => vi.useRealTimers());

    test('come over a new one after three comment lines would have come', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const open: Reply = (response) => begin(response, change(1));
      await using server = await startScriptedServer([open, stream(change(2))]);
      const told: string[] = [];
      const onRetry = ({ message }: Error) => void told.push(message);
      const options: ClientOptions = { url: server.url, token: TOKEN, wait: async () => {} };
      const changes = createClient(options).changes({ live: true, onRetry });
      await changes.next();
      const next = changes.next();
      await vi.advanceTimersByTimeAsync(44_999);
      expect(server.requests).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect((await next).value).toMatchObject({ sequence: 2 });
      expect(told).toEqual([`No complete answer from ${server.url}/api/call-queue/events within 45000 ms`]);
      await changes.return();
    });
  });

  test('end with the reason of the signal, also while nothing comes', async () => {
    await using server = await startScriptedServer([(response) => begin(response, change(1))]);
    const abort = new AbortController();
    const reason = new Error('enough');
    const changes = createClient({ url: server.url, token: TOKEN }).changes({ live: true, signal: abort.signal });
    await changes.next();
    const waiting = changes.next();
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

function page(sequences: readonly number[], next_since: number, more: boolean, reset?: true): Reply {
  const results = sequences.map((sequence) => ({ id: 1, sequence }));
  const pagination = { next_since, more, ...(reset && { reset }) };
  return json(200, { has_error: false, messages: [], pagination, results });
}

const change = (sequence: number): string => `id: ${sequence}\ndata: ${JSON.stringify({ id: 1, sequence })}\n\n`;

function begin(response: ServerResponse, ...events: string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(events.join(''));
}

/** A stream that the server ends in good order. */
function stream(...events: string[]): Reply {
  return (response) => {
    begin(response, ...events);
    response.end();
  };
}

/** One that breaks off, in the middle of an event. */
function breaking(...events: string[]): Reply {
  return (response) => {
    begin(response, ...events);
    response.write('id: 99\ndata: {', () => setImmediate(() => response.destroy()));
  };
}

/** Follows until so many changes came, or an error; waits are noted instead of waited. */
async function following(replies: readonly Reply[], options: ChangesOptions, count = Number.POSITIVE_INFINITY) {
  await using server = await startScriptedServer(replies);
  const waits: number[] = [];
  const told: CallQueueClientError[] = [];
  const wait: ClientOptions['wait'] = async (delayMs) => void waits.push(delayMs);
  const client = createClient({ url: server.url, token: TOKEN, wait });
  const sequences: number[] = [];
  let error: unknown;
  try {
    for await (const { sequence } of client.changes({ onRetry: (failure) => told.push(failure), ...options })) {
      sequences.push(sequence);
      if (sequences.length === count) break;
    }
  } catch (thrown) {
    error = thrown;
  }
  // A page is asked for in `data`, a stream beside it.
  const asked = server.requests.map(({ body }) => JSON.parse(body)).map((sent) => sent.data ?? sent);
  return { sequences, error, waits, told, asked };
}

async function take(changes: AsyncIterable<{ sequence: number }>, count: number): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of changes) {
    sequences.push(sequence);
    if (sequences.length === count) break;
  }
  return sequences;
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}
