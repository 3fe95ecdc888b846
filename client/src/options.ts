import type { TimeFormat, WithMember } from './contract.ts';

/** The part of `fetch` that the client uses. Every runtime's own fits. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What `createClient` takes. */
export interface ClientOptions {
  /**
   * Address of the server: `https://pbx.example.com`, or with a path when it stands behind a proxy,
   * `https://example.com/pbx`. `/api/call-queue` is appended unless the address ends so already. No query, no
   * fragment, no credentials.
   */
  url: string | URL;

  /** The API token. It travels in the `Authorization` header and nowhere else. */
  token: string;

  /**
   * The token's `api_key`, if it has one: every request is then signed with `api_hash`. An empty text means none, so
   * that an unset environment variable may be passed. The key itself never leaves this process.
   */
  key?: string | undefined;

  /**
   * Used instead of the runtime's `fetch`, e.g. one with a proxy or a certificate of your own. It must honour
   * `init.signal`, or timeouts cannot work, and `redirect: 'manual'`.
   *
   * @default globalThis.fetch
   */
  fetch?: Fetch | undefined;

  /**
   * How long one try may take, from sending to the last byte of the answer, in milliseconds (1 to 2147483647). A
   * timeout is not tried again: a caller who allows 30 s did not allow 90.
   *
   * @default 30000
   */
  timeoutMs?: number | undefined;

  /**
   * How often a request is sent again after it failed (0 to 100): when there was no connection or it broke, and when
   * the status is 429, 502, 503 or 504. Changes are sent again only where that is safe: with an `Idempotency-Key`, which
   * is added by itself, or because doing the same twice makes no difference. Waits as long as `Retry-After` says (seconds or a date) and a little more;
   * without that header 300 ms, doubled each time, minus a random part so that many clients do not return together.
   *
   * @default 2
   */
  retries?: number | undefined;

  /**
   * The longest wait between two tries, in milliseconds (0 to 2147483647). If the server asks for more, the error is
   * thrown at once, with `retryAfterMs`: to return earlier than asked would only prolong the ban.
   *
   * @default 30000
   */
  maxRetryDelayMs?: number | undefined;

  /**
   * Waits between two tries; for tests, and for runtimes with timers of their own. Should reject when the signal is
   * aborted.
   *
   * @default a timer
   */
  wait?: ((delayMs: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/** What a single request takes. */
export interface RequestOptions {
  /** Ends the request, its retries included: the call then throws the signal's `reason`. */
  signal?: AbortSignal | undefined;
}

/** What a request that answers calls takes. */
export interface RowOptions extends RequestOptions {
  /** Members of a row that are answered only when asked for. */
  with?: readonly WithMember[] | undefined;
  /**
   * How times are written in the answer and read in the request.
   *
   * @default 'local', the server's time zone
   */
  timeFormat?: TimeFormat | undefined;
}

/** What a request that changes calls takes. */
export interface ChangingOptions extends RowOptions {
  /**
   * 1 to 255 printable ASCII characters by which the server knows this request again: for 7 days a repeat of it is
   * answered as the first was and changes nothing. Pass one, and keep it, if you may have to repeat the request after
   * your program was restarted.
   *
   * @default a new one for each request, the same for all its tries; none if `retries` is 0
   */
  idempotencyKey?: string | undefined;
}

/** What a save takes. */
export interface SaveOptions extends ChangingOptions {
  with?: never;
  /**
   * Everything is checked and answered, nothing stored.
   *
   * @default false
   */
  dryRun?: boolean | undefined;
}

/** The options with defaults filled in. */
export interface ClientSettings {
  /** The full address of the endpoint. */
  readonly url: string;
  readonly token: string;
  readonly key: string | undefined;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly maxRetryDelayMs: number;
  readonly wait: (delayMs: number, signal?: AbortSignal) => Promise<void>;
}

const ENDPOINT = '/api/call-queue';

/** Timers of all runtimes count milliseconds in 31 bits; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Fills in the defaults.
 *
 * @throws TypeError naming the option and what is allowed; never with the value of a secret.
 */
export function parseOptions(options: ClientOptions): ClientSettings {
  return {
    url: endpointOf(options.url),
    token: tokenOf(options.token),
    key: keyOf(options.key),
    fetch: options.fetch ?? runtimeFetch(),
    timeoutMs: wholeNumber('timeoutMs', options.timeoutMs ?? 30_000, 1, LONGEST_TIMER_MS),
    retries: wholeNumber('retries', options.retries ?? 2, 0, 100),
    maxRetryDelayMs: wholeNumber('maxRetryDelayMs', options.maxRetryDelayMs ?? 30_000, 0, LONGEST_TIMER_MS),
    wait: options.wait ?? wait,
  };
}

/** @throws TypeError: fetch would say less, and only once the request is under way */
export function parseIdempotencyKey(key: string | undefined): string | undefined {
  if (key === undefined || (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key) && key.trim() === key))
    return key;
  throw new TypeError(
    'idempotencyKey: cannot be sent (expected 1 to 255 printable ASCII characters, no blank at its ends)',
  );
}

function endpointOf(address: string | URL): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    // Not quoted: who mixes up the options may have passed the token here.
    throw new TypeError('url: not an absolute address (expected e.g. https://pbx.example.com)');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`url: unknown protocol ${url.protocol} (expected https: or http:)`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError('url: credentials, query and fragment are not allowed (pass the token as `token`)');
  }
  const path = url.pathname.replace(/\/+$/, '');
  return url.origin + (path.endsWith(ENDPOINT) ? path : path + ENDPOINT);
}

/** Checked here because fetch, given a header it does not like, quotes the whole header in its error. */
function tokenOf(token: unknown): string {
  if (typeof token !== 'string' || token === '') throw new TypeError('token: missing (expected a text)');
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError('token: contains a blank, a line break or another character that no token has');
  }
  return token;
}

function keyOf(key: unknown): string | undefined {
  if (key === undefined || key === null || key === '') return undefined;
  if (typeof key !== 'string') throw new TypeError('key: not a text');
  return key;
}

function runtimeFetch(): Fetch {
  if (typeof globalThis.fetch !== 'function') throw new TypeError('fetch: this runtime has none, pass one');
  // Looked up at each call, and called without an object: browsers refuse it as a method of anything but window.
  return (url, init) => globalThis.fetch(url, init);
}

function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new TypeError(`${name}: ${String(value)} (expected a whole number from ${least} to ${most})`);
  }
  return value;
}

function wait(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    function stop(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener('abort', stop, { once: true });
  });
}
