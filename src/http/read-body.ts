import type { IncomingMessage, ServerResponse } from 'node:http';
import { messages } from '../wire/messages.ts';
import { Refusal } from '../wire/refusal.ts';

export type BodyReader = (request: IncomingMessage, response: ServerResponse) => Promise<Buffer>;

/** Bodies over this size are large: only so many at a time, since each is held in memory until it is answered. */
const LARGE_BYTES = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Reads bodies as they are, whatever the content type, so that what a body means is decided in one place
 * (wire/parameters.ts).
 *
 * The reader throws Refusal: 413 when more than `maxBytes` came, 415 for a compressed body (nothing is inflated, so
 * that a small body cannot become a large one), 503 when too many large bodies are being handled, 400 when it ends early.
 */
export function createBodyReader(limits: { maxBytes: number; maxLarge: number }): BodyReader {
  let largeBodies = 0;

  return async (request, response) => {
    refuseEncoded(request);
    const declared = declaredLength(request);
    if (declared === 0) return NOTHING;
    if (declared > limits.maxBytes) throw tooLarge(limits.maxBytes);
    let isLarge = false;
    const grow = (bytes: number) => {
      if (isLarge || bytes <= LARGE_BYTES) return;
      isLarge = true;
      takePlace(response);
    };
    if (Number.isFinite(declared)) grow(declared);
    // Clients that ask first (PHP's cURL does for bodies over 1 MiB) are told to go on only now that they may.
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
    return receive(request, limits.maxBytes, grow);
  };

  function takePlace(response: ServerResponse): void {
    if (largeBodies >= limits.maxLarge) {
      throw new Refusal(503, [messages.tooManyLargeBodies(limits.maxLarge)], { 'retry-after': '1' });
    }
    largeBodies += 1;
    response.once('close', () => {
      largeBodies -= 1;
    });
  }
}

/**
 * Bytes that the headers announce: 0 without a body, NaN when only the end will tell (chunked).
 */
export function declaredLength(request: IncomingMessage): number {
  const length = request.headers['content-length'];
  if (length !== undefined) return Number(length);
  return request.headers['transfer-encoding'] === undefined ? 0 : Number.NaN;
}

export function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, [messages.bodyTooLarge(maxBytes)]);
}

function refuseEncoded(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding']?.trim() ?? '';
  if (encoding === '' || encoding.toLowerCase() === 'identity') return;
  throw new Refusal(415, [messages.bodyEncoded(encoding)], { 'accept-encoding': 'identity' });
}

function receive(request: IncomingMessage, maxBytes: number, grow: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;

    const finish = (error?: Error) => {
      request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      if (error !== undefined) {
        request.resume();
        reject(error);
        return;
      }
      resolve(chunks.length === 1 ? (chunks[0] ?? NOTHING) : Buffer.concat(chunks, bytes));
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        finish(tooLarge(maxBytes));
        return;
      }
      try {
        grow(bytes);
      } catch (error) {
        finish(error as Error);
        return;
      }
      chunks.push(chunk);
    };
    const onEnd = () => finish();
    const onCut = () => finish(new Refusal(400, [messages.bodyIncomplete()]));

    request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}
