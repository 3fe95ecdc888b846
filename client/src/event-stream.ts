import { parseAnswer } from './answer.ts';
import type { Filters, TimeFormat, WithMember } from './contract.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { InvalidAnswerError } from './errors.ts';
import type { ClientSettings } from './options.ts';
import { requestBody } from './request-body.ts';
import { parseServerEvents, type ServerEvent } from './server-events.ts';

/** The server sends a comment line every 15 s: after three without any the connection is dead, whatever TCP believes. */
const LONGEST_SILENCE_MS = 45_000;

/** What the stream of changes takes. */
export interface StreamParameters {
  since: number;
  filters?: Filters | undefined;
  with?: readonly WithMember[] | undefined;
  time_format?: TimeFormat | undefined;
}

/**
 * The events of one connection to `/api/call-queue/events`, until the server ends it. Leaving the loop closes it.
 *
 * @throws CallQueueClientError; the reason of an aborted signal
 */
export async function* openEventStream(
  settings: ClientSettings,
  parameters: StreamParameters,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerEvent, void, undefined> {
  const { token, fetch } = settings;
  const url = `${settings.url}/events`;
  const deadline = createDeadline(url, LONGEST_SILENCE_MS, signal);
  try {
    const response = await connect();
    const facts = {
      status: response.status,
      requestId: response.headers.get('x-request-id') ?? undefined,
      retryAfterMs: undefined,
    };
    if (!response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
      parseAnswer(url, response, await textOf(response, deadline), token);
      throw new InvalidAnswerError(url, facts, 'an answer instead of a stream of events');
    }
    try {
      yield* parseServerEvents(chunksOf(response.body, deadline));
    } catch (error) {
      throw error instanceof RangeError ? new InvalidAnswerError(url, facts, error.message) : error;
    }
  } finally {
    deadline.end();
  }

  async function connect(): Promise<Response> {
    try {
      deadline.start();
      return await fetch(url, {
        // A GET would do, too; but then the numbers among the filters would stand in the log of every proxy.
        method: 'POST',
        headers: {
          Accept: 'text/event-stream',
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
        },
        body: requestBody(parameters, settings.key),
        redirect: 'manual',
        signal: deadline.signal,
      });
    } catch (error) {
      throw deadline.explain(error);
    }
  }
}

async function textOf(response: Response, deadline: Deadline): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw deadline.explain(error);
  }
}

/** Time runs while we wait for the server, not while whoever reads the events works on one. */
async function* chunksOf(body: ReadableStream<Uint8Array>, deadline: Deadline): AsyncGenerator<Uint8Array> {
  // Safari cannot iterate a stream.
  const reader = body.getReader();
  try {
    for (;;) {
      deadline.start();
      const { done, value } = await reader.read();
      deadline.pause();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw deadline.explain(error);
  } finally {
    // Closes the connection if it still stands; what it says then does not matter any more.
    reader.cancel().catch(() => undefined);
  }
}
