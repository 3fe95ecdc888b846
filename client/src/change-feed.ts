import type { ChangeRow, ChangesPagination, Filters, SuccessEnvelope } from './contract.ts';
import {
  CallQueueApiError,
  type CallQueueClientError,
  FeedResetError,
  InvalidAnswerError,
  NetworkError,
  TimeoutError,
} from './errors.ts';
import { openEventStream } from './event-stream.ts';
import type { ClientSettings, RowOptions } from './options.ts';
import { requestBody } from './request-body.ts';
import { retryDelayMs } from './retry.ts';
import type { ServerEvent } from './server-events.ts';
import { sendRequest } from './transport.ts';

/** What `changes` takes. */
export interface ChangesOptions extends RowOptions {
  /**
   * `sequence` of the last change that you know.
   *
   * @default 0, from the beginning
   */
  since?: number | undefined;
  /** Leaves nothing out: each change then says whether the call `matches` now, so that a copy can drop it. */
  filters?: Filters | undefined;
  /**
   * Changes fetched with one request, 1 to 1000.
   *
   * @default 1000
   */
  pageSize?: number | undefined;
  /**
   * false: ends when there is nothing new. true: waits for more, until the loop is left or the signal aborted. Then
   * lost connections and a server that is not ready do not end it either: it comes back by itself and goes on where it
   * was, waiting longer each time up to `maxRetryDelayMs`, or as long as the server asks.
   *
   * @default true
   */
  follow?: boolean | undefined;
  /**
   * Whether changes are pushed as they happen, over a connection that stays open, instead of asked for every `pollMs`.
   * Not with `follow: false`.
   *
   * @default false
   */
  live?: boolean | undefined;
  /**
   * How long to wait before asking again when there was nothing new, in milliseconds.
   *
   * @default 2000
   */
  pollMs?: number | undefined;
  /** Told before each wait for a server that does not answer, so that somebody can hear of it. */
  onRetry?: ((error: CallQueueClientError, delayMs: number) => void) | undefined;
}

/** Each change after `since`, in order; see Client.changes. */
export async function* readChanges(
  settings: ClientSettings,
  options: ChangesOptions,
): AsyncGenerator<ChangeRow, void, undefined> {
  const { follow = true, live = false, pollMs = 2000, signal } = options;
  let since = options.since ?? 0;
  let failures = 0;
  for (;;) {
    try {
      if (follow && live) {
        for await (const change of liveChanges(settings, options, since)) {
          failures = 0;
          since = change.sequence;
          yield change;
        }
        // The server ends a stream when it stops, or when its reader is too slow: back at once, or after a short wait.
        throw new NetworkError(`${settings.url}/events`, new Error('the stream ended'));
      }
      const { results, pagination } = await readPage(settings, options, since);
      failures = 0;
      yield* results;
      since = pagination.next_since;
      if (pagination.more) continue;
      if (!follow) return;
      await settings.wait(pollMs, signal);
    } catch (error) {
      if (signal?.aborted || !follow || !isPassing(error)) throw error;
      failures += 1;
      const asked = 'retryAfterMs' in error ? (error.retryAfterMs ?? 0) : 0;
      // A silent server is no reason to give up here: nobody waits for this one answer.
      const retried = error instanceof TimeoutError ? new NetworkError(settings.url, error) : error;
      const delayMs = retryDelayMs(retried, failures, Math.max(settings.maxRetryDelayMs, asked));
      if (delayMs === undefined) throw error;
      options.onRetry?.(error, delayMs);
      await settings.wait(delayMs, signal);
    }
  }
}

type FeedPage = SuccessEnvelope<ChangeRow, ChangesPagination>;

/** @throws FeedResetError; CallQueueClientError */
async function readPage(
  settings: ClientSettings,
  { filters, with: members, timeFormat, pageSize, signal, follow = true }: ChangesOptions,
  since: number,
): Promise<FeedPage> {
  const parameters = {
    action: 'changes',
    data: { since, limit: pageSize, filters },
    with: members,
    time_format: timeFormat,
  };
  // Who follows tries again without end, and wants to hear of it.
  const sending = { signal, isRepeatable: !follow };
  const page = (await sendRequest(settings, requestBody(parameters, settings.key), sending)) as FeedPage;
  const { next_since, more, reset } = page.pagination;
  if (reset === true) throw new FeedResetError(since, next_since);
  if (!Number.isInteger(next_since) || next_since < since || (more && next_since === since)) {
    throw new InvalidAnswerError(settings.url, SUCCESS, 'pagination.next_since is missing or does not move on');
  }
  return page;
}

async function* liveChanges(
  settings: ClientSettings,
  options: ChangesOptions,
  since: number,
): AsyncGenerator<ChangeRow, void, undefined> {
  const { filters, with: members, timeFormat, signal } = options;
  const parameters = { since, filters, with: members, time_format: timeFormat };
  let known = since;
  for await (const event of openEventStream(settings, parameters, signal)) {
    if (event.type === 'reset') throw new FeedResetError(known, dataOf(settings, event, 'next_since').next_since);
    // Kinds of events that we do not know may be added.
    if (event.type !== 'message') continue;
    const change = dataOf(settings, event, 'sequence') as unknown as ChangeRow;
    known = change.sequence;
    yield change;
  }
}

/** What an event holds; `member` is the number that it must have. */
function dataOf<Name extends string>(settings: ClientSettings, { data }: ServerEvent, member: Name) {
  try {
    const value = JSON.parse(data);
    if (Number.isInteger(value?.[member])) return value as Record<Name, number>;
  } catch {
    // Told below.
  }
  throw new InvalidAnswerError(`${settings.url}/events`, SUCCESS, `an event without ${member}`);
}

const SUCCESS = { status: 200, requestId: undefined, retryAfterMs: undefined };

function isPassing(error: unknown): error is CallQueueApiError | InvalidAnswerError | NetworkError | TimeoutError {
  return (
    error instanceof NetworkError ||
    error instanceof TimeoutError ||
    error instanceof CallQueueApiError ||
    error instanceof InvalidAnswerError
  );
}
