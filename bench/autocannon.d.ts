/** The part of autocannon that load.ts uses; the package brings no types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Request {
    method: string;
    path: string;
    headers: Record<string, string>;
    body: string;
  }

  interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration?: number;
    /** Requests in all, instead of `duration`. */
    amount?: number;
    /** Milliseconds between looks at whether the end has come. */
    sampleInt: number;
    setupClient(client: { setRequests(requests: Request[]): void }): void;
    verifyBody(body: string): boolean;
  }

  interface Result {
    errors: number;
    timeouts: number;
    mismatches: number;
    non2xx: number;
    '2xx': number;
  }

  /** Emits `response` (client, status, bytes, milliseconds) and `start`; can be awaited. */
  interface Run extends EventEmitter, PromiseLike<Result> {
    stop(): void;
  }

  export default function autocannon(options: Options): Run;
}
