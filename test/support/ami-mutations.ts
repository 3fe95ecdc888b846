import { createAmiFraming } from '../../src/pbx/asterisk/ami-framing.ts';
import type { AmiMessage } from '../../src/pbx/asterisk/ami-message.ts';

/** Numbers from 0 up to 1 that one seed decides (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes that mean something to the framing, and some that are no UTF-8. */
const SPICES = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  ':',
  ': ',
  'Event: ',
  '\\',
  '\0',
  '\xff',
  '\xc3',
  'ActionID: ',
  '"',
].map((text) => Buffer.from(text, 'latin1'));

/** Bytes with some dozen places changed: flipped, taken out, doubled, swapped, spiced, or cut off. */
export function mutate(bytes: Buffer, random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  let pieces: Buffer[] = [bytes];
  for (let left = 1 + below(24); left > 0; left--) {
    const all = pieces.length > 8 ? Buffer.concat(pieces) : undefined;
    if (all !== undefined) pieces = [all];
    const which = below(pieces.length);
    const piece = pieces[which] as Buffer;
    if (piece.length < 2) continue;
    const at = below(piece.length);
    const length = Math.min(piece.length - at, 1 + below(random() < 0.8 ? 6 : 400));
    const before = piece.subarray(0, at);
    const middle = piece.subarray(at, at + length);
    const after = piece.subarray(at + length);
    const changed = (): Buffer[] => {
      switch (below(5)) {
        case 0:
          return [Buffer.from(middle.map((byte) => byte ^ (1 << below(8))))];
        case 1:
          return [];
        case 2:
          return [middle, middle];
        case 3:
          return [SPICES[below(SPICES.length)] as Buffer, middle];
        default:
          return [Buffer.from(middle).reverse()];
      }
    };
    pieces.splice(which, 1, before, ...changed(), after);
  }
  const changed = Buffer.concat(pieces);
  return random() < 0.2 ? changed.subarray(0, below(changed.length)) : changed;
}

/** Pieces of any length, with a liking for short ones. */
export function cutAnywhere(bytes: Buffer, random: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(random() ** 4 * 8_000);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/**
 * Which events there are by the rules, in the plainest way: messages end at a blank line, lines at CR LF, the first colon
 * parts the name, the first `Event` counts. Undefined for an answer.
 */
export function plainEvents(bytes: Buffer): (string | undefined)[] {
  const text = bytes.toString('latin1');
  const parts = text.slice(text.indexOf('\r\n') + 2).split('\r\n\r\n');
  parts.pop();
  return parts
    .map((part) => part.replace(/^(?:\r\n)+/, ''))
    .filter((part) => part !== '')
    .map((part) => {
      const line = part.split('\r\n').find((line) => /^event:/i.test(line));
      return line?.slice('event:'.length).replace(/^ /, '');
    });
}

/**
 * Frames changed recordings until so many messages were read; answers what went wrong, which should be nothing.
 * @param understand gets every message
 */
export function fuzzFraming(
  recordings: readonly Buffer[],
  { messages, seed, understand }: { messages: number; seed: number; understand?: (message: AmiMessage) => void },
) {
  const random = createRandom(seed);
  let read = 0;
  let rounds = 0;
  while (read < messages) {
    const original = recordings[Math.floor(random() * recordings.length)] as Buffer;
    const banner = original.subarray(0, original.indexOf('\r\n') + 2);
    const bytes = Buffer.concat([banner, mutate(original.subarray(banner.length), random)]);
    const expected = plainEvents(bytes);
    const framing = createAmiFraming();
    const found = cutAnywhere(bytes, random).flatMap((piece) => framing.push(piece));
    const events = found.map((message) => {
      for (const [name] of message.entries()) message.get(name);
      understand?.(message);
      return message.event === undefined ? undefined : Buffer.from(message.event).toString();
    });
    if (!isSame(events, expected)) return { read, rounds, failure: { round: rounds, events, expected } };
    read += found.length;
    rounds++;
  }
  return { read, rounds, failure: undefined };
}

/** The framing decodes UTF-8, the plain way does not: names of events outside ASCII are compared by their being there. */
function isSame(found: readonly (string | undefined)[], expected: readonly (string | undefined)[]): boolean {
  const plain = (name: string | undefined) => (name === undefined || /^[\0-\x7f]*$/.test(name) ? name : 'not ASCII');
  return found.length === expected.length && found.every((name, at) => plain(name) === plain(expected[at]));
}
