import { parseAnswer } from './answer.ts';
import type { SuccessEnvelope } from './contract.ts';
import { NetworkError, TimeoutError } from './errors.ts';
import type { ClientSettings } from './options.ts';
import { retryDelayMs } from './retry.ts';

/**
 * Sends a request that may be repeated without harm, such as a read, as often as the settings allow.
 *
 * @param body the JSON of the parameters, `api_hash` included
 * @param signal ends everything; its reason is thrown then
 * @throws CallQueueClientError
 */
export async function sendRepeatable(
  settings: ClientSettings,
  body: string,
  signal: AbortSignal | undefined,
): Promise<SuccessEnvelope<unknown>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendOnce(settings, body, signal);
    } catch (error) {
      if (signal?.aborted || attempt > settings.retries) throw error;
      const delayMs = retryDelayMs(error, attempt, settings.maxRetryDelayMs);
      if (delayMs === undefined) throw error;
      await settings.wait(delayMs, signal);
    }
  }
}

async function sendOnce(
  settings: ClientSettings,
  body: string,
  signal: AbortSignal | undefined,
): Promise<SuccessEnvelope<unknown>> {
  if (signal?.aborted) throw signal.reason;
  const { url, token, timeoutMs } = settings;
  // AbortSignal.any would join the two signals, but Node has it only since version 20.
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  let isTimeUp = false;
  const timer = setTimeout(() => {
    isTimeUp = true;
    abort.abort();
  }, timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await settings.fetch(url, {
      method: 'POST',
      headers: {
        Accept: 'application/json',
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
      },
      body,
      // Followed, a redirect would turn the POST into a GET without a body, and could carry the token elsewhere.
      redirect: 'manual',
      signal: abort.signal,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw isTimeUp ? new TimeoutError(url, timeoutMs) : new NetworkError(url, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
  return parseAnswer(url, response, text, token);
}
