import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import { type Answer, wholeBody } from '../wire/envelope.ts';

export type Coding = 'br' | 'gzip';

/** Below this a compressed answer takes as many packets as a plain one. */
const WORTH_BYTES = 1400;

/*
 * Measured with a page of 100 rows (78 KB) in 1 of 2 cores: gzip level 1: 126 µs, 6.2 KB; level 3: 140 µs, 5.7 KB; level 6:
 * 203 µs, 5.0 KB; brotli quality 1: 54 µs, 5.4 KB; quality 4: 181 µs, 4.9 KB. Done in the thread pool, so that other
 * requests go on meanwhile. (@fastify/compress streams every answer through hooks, the small and the plain ones too.)
 */
const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/** Whether there is something to gain at all. */
export function isWorthCompressing(bytes: number): boolean {
  return bytes >= WORTH_BYTES;
}

/**
 * The coding that a caller asks for in `Accept-Encoding` (RFC 9110, 12.5.3): the one with the higher weight, brotli when
 * equal; undefined when neither is acceptable or nothing is asked for.
 */
export function codingFor(acceptEncoding: string | undefined): Coding | undefined {
  if (acceptEncoding === undefined || acceptEncoding === '') return undefined;
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.slice(0, 1000).split(',')) {
    const [coding = '', ...parameters] = part.split(';');
    const weight = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/i.exec(text)?.[1]).find(Boolean);
    weights.set(coding.trim().toLowerCase(), weight === undefined ? 1 : Number(weight));
  }
  const weightOf = (coding: Coding) => weights.get(coding) ?? weights.get('*') ?? 0;
  if (weightOf('br') === 0 && weightOf('gzip') === 0) return undefined;
  return weightOf('br') >= weightOf('gzip') ? 'br' : 'gzip';
}

const GZIP = { level: 1 };
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** A body that was compressed, of this large piece and what stands around it. */
interface Compressed {
  coding: Coding;
  around: string;
  bytes: Buffer;
}

/** As long as a page lies ready, what was last made of it does; a tenth of it. */
const compressedPages = new WeakMap<Uint8Array, Compressed>();

/** The body of an answer in this coding. A page that is answered again and again is compressed once. */
export async function compress(answer: Answer, coding: Coding): Promise<Buffer> {
  const { body } = answer;
  const pieces = typeof body === 'string' || body instanceof Uint8Array ? [] : body;
  const page = pieces.find((piece) => piece instanceof Uint8Array);
  if (page === undefined) return compressWhole(wholeBody(answer), coding);
  // Tells where the page stood as well: a body has no other pieces that are not text.
  const around = JSON.stringify(pieces.map((piece) => (piece === page ? null : piece)));
  const known = compressedPages.get(page);
  if (known?.coding === coding && known.around === around) return known.bytes;
  const bytes = await compressWhole(wholeBody(answer), coding);
  compressedPages.set(page, { coding, around, bytes });
  return bytes;
}

function compressWhole(body: Uint8Array | string, coding: Coding): Promise<Buffer> {
  return coding === 'gzip' ? zip(body, GZIP) : brotli(body, BROTLI);
}

/** For what is too long to be held in memory. */
export function createCompressor(coding: Coding): Transform {
  return coding === 'gzip' ? createGzip(GZIP) : createBrotliCompress(BROTLI);
}
