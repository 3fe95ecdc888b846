import { parseAnswer } from './answer.ts';
import type { SuccessEnvelope } from './contract.ts';
import { createDeadline } from './deadline.ts';
import type { ClientSettings } from './options.ts';
import { retryDelayMs } from './retry.ts';

/** What goes with a request beside its body. */
export interface Sending {
  /** Ends everything; its reason is thrown then. */
  signal?: AbortSignal | undefined;
  /** The same for all tries, so that the server does a change once. */
  idempotencyKey?: string | undefined;
  /** Whether a second try can do no harm. */
  isRepeatable: boolean;
}

/**
 * Sends a request, again and again if that is safe and the settings allow.
 *
 * @param body the JSON of the parameters, `api_hash` included
 * @throws CallQueueClientError
 */
export async function sendRequest(
  settings: ClientSettings,
  body: string,
  sending: Sending,
): Promise<SuccessEnvelope<unknown>> {
  const { signal, idempotencyKey, isRepeatable } = sending;
  const init: RequestInit = {
    method: 'POST',
    headers: {
      Accept: 'application/json',
      Authorization: `Bearer ${settings.token}`,
      'Content-Type': 'application/json',
      ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    },
    body,
    // Followed, a redirect would turn the POST into a GET without a body, and could carry the token elsewhere.
    redirect: 'manual',
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendOnce(settings, init, signal);
    } catch (error) {
      if (signal?.aborted || !isRepeatable || attempt > settings.retries) throw error;
      const delayMs = retryDelayMs(error, attempt, settings.maxRetryDelayMs);
      if (delayMs === undefined) throw error;
      await settings.wait(delayMs, signal);
    }
  }
}

async function sendOnce(
  { url, token, timeoutMs, fetch }: ClientSettings,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<SuccessEnvelope<unknown>> {
  const deadline = createDeadline(url, timeoutMs, signal);
  let response: Response;
  let text: string;
  try {
    deadline.start();
    response = await fetch(url, { ...init, signal: deadline.signal });
    text = await response.text();
  } catch (error) {
    throw deadline.explain(error);
  } finally {
    deadline.end();
  }
  return parseAnswer(url, response, text, token);
}
