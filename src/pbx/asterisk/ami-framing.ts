import { isAscii, isUtf8 } from 'node:buffer';
import { type AmiMessage, createAmiMessage } from './ami-message.ts';

/** What a server may make us keep. Real messages stay far below: 4 KiB values and some forty headers have been seen. */
export interface AmiFramingLimits {
  /** Bytes of a message; default 256 KiB. */
  maxMessageBytes?: number;
  /** Lines of a message; default 2,000. */
  maxHeaders?: number;
}

/** Bytes in, messages out. It knows nothing of sockets, logins or what a message means. */
export interface AmiFraming {
  /** The first line of the connection, once it is there: by it one sees whether it is a manager port at all. */
  readonly banner: string | undefined;
  /** How many messages were passed over because they were longer than allowed. */
  readonly dropped: number;
  /** Takes what the socket read, cut anywhere, and gives the messages completed by it. Never throws, keeps no reference to the chunk. */
  push(chunk: Uint8Array): AmiMessage[];
}

const MESSAGE_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const CR = 0x0d;
const LF = 0x0a;
/** A longer first line is no banner. */
const MAX_BANNER_BYTES = 256;

export function createAmiFraming({
  maxMessageBytes = 256 * 1024,
  maxHeaders = 2_000,
}: AmiFramingLimits = {}): AmiFraming {
  const held = createHeldBytes();
  let banner: string | undefined;
  let dropped = 0;
  /** Inside a message that is too long: everything up to its end is thrown away as it comes. */
  let isSkipping = false;

  /** Reads what can be read; answers how many bytes are done with, and from where to look on when more come. */
  function read(bytes: Buffer, searchFrom: number, messages: AmiMessage[]): { done: number; searched: number } {
    let start = 0;
    let from = searchFrom;
    if (banner === undefined) {
      const end = bytes.subarray(0, MAX_BANNER_BYTES + 2).indexOf(LINE_END);
      if (end < 0 && bytes.length < MAX_BANNER_BYTES + 2) return { done: 0, searched: 0 };
      const length = end < 0 ? MAX_BANNER_BYTES : end;
      banner = decode(bytes.subarray(0, length));
      // No blank line follows the banner: the first message begins right behind it.
      start = end < 0 ? length : end + 2;
      from = start;
    }
    for (;;) {
      // A blank line where a message should begin belongs to none.
      while (!isSkipping && bytes[start] === CR && bytes[start + 1] === LF) start += 2;
      const end = bytes.indexOf(MESSAGE_END, Math.max(from, start));
      if (end < 0) break;
      if (isSkipping) isSkipping = false;
      else take(bytes.subarray(start, end), messages);
      start = end + MESSAGE_END.length;
    }
    // The end may have come but for its last byte: the last three may still belong to it.
    const tail = Math.max(start, bytes.length - 3);
    if (!isSkipping && bytes.length - start > maxMessageBytes + 3) {
      isSkipping = true;
      dropped++;
    }
    return { done: isSkipping ? tail : start, searched: tail };
  }

  function take(bytes: Buffer, messages: AmiMessage[]): void {
    if (bytes.length > maxMessageBytes) {
      dropped++;
      return;
    }
    const text = decode(bytes);
    if (hasMoreLines(text, maxHeaders)) dropped++;
    else messages.push(createAmiMessage(text, bytes.length));
  }

  return {
    get banner() {
      return banner;
    },
    get dropped() {
      return dropped;
    },
    push(chunk) {
      const messages: AmiMessage[] = [];
      const bytes = held.join(chunk);
      const { done, searched } = read(bytes, held.searched, messages);
      held.keep(bytes, done, searched);
      return messages;
    },
  };
}

/** Bytes of a message whose end has not come. They grow by doubling, so that a server that sends byte by byte costs no square of the length. */
function createHeldBytes() {
  let store = Buffer.alloc(0);
  let length = 0;
  let searched = 0;
  return {
    /** How far the kept bytes hold no end of a message. */
    get searched() {
      return searched;
    },
    join(chunk: Uint8Array): Buffer {
      if (length === 0) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (length + chunk.length > store.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (length + chunk.length)));
        store.copy(larger, 0, 0, length);
        store = larger;
      }
      store.set(chunk, length);
      length += chunk.length;
      return store.subarray(0, length);
    },
    keep(bytes: Buffer, done: number, searchedTo: number): void {
      const rest = bytes.subarray(done);
      searched = Math.max(0, searchedTo - done);
      if (bytes.buffer === store.buffer && done === 0) return;
      if (rest.length > store.length || (rest.length === 0 && store.length > IDLE_BYTES)) {
        store = rest.length === 0 ? Buffer.alloc(0) : Buffer.allocUnsafeSlow(2 * rest.length);
      }
      if (rest.length > 0) store.set(rest);
      length = rest.length;
    },
  };
}

/** A store grown beyond this is let go once it is empty. */
const IDLE_BYTES = 64 * 1024;

/** UTF-8, else ISO-8859-1: names pass through the PBX as the trunk sent them. Line by line, so that one name spoils no other. */
function decode(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const lines: string[] = [];
  let start = 0;
  while (start <= bytes.length) {
    const end = bytes.indexOf(LINE_END, start);
    const line = bytes.subarray(start, end < 0 ? bytes.length : end);
    lines.push(line.toString(isUtf8(line) ? 'utf8' : 'latin1'));
    if (end < 0) break;
    start = end + 2;
  }
  return lines.join('\r\n');
}

function hasMoreLines(text: string, limit: number): boolean {
  let lines = 1;
  for (let at = text.indexOf('\r\n'); at >= 0; at = text.indexOf('\r\n', at + 2)) if (++lines > limit) return true;
  return false;
}
