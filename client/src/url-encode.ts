const NEEDS_ENCODING = /[^A-Za-z0-9._-]/;
const LONE_SURROGATE = /[\ud800-\udfff]/u;
/** What `encodeURIComponent` leaves and PHP does not, and the blank. */
const DIFFERENT_IN_PHP = /[!'()*~]|%20/g;

/**
 * PHP's `urlencode`: a blank is `+`, all but `A-Za-z0-9-._` is percent-encoded UTF-8; U+DC00+NN is the byte 0xNN.
 */
export function urlEncode(text: string): string {
  if (!NEEDS_ENCODING.test(text)) return text;
  if (text.length > PIECE_LENGTH || LONE_SURROGATE.test(text)) return encodePieces(text);
  return encodeURIComponent(text).replace(DIFFERENT_IN_PHP, (mark) =>
    mark === '%20' ? '+' : `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * In characters. A replacement for each of 16 Mi characters takes seconds and a gigabyte; byte by byte and piece by
 * piece it is a quarter of a second and little more than the result.
 */
const PIECE_LENGTH = 8192;

function encodePieces(text: string): string {
  const ascii = new TextDecoder();
  const bytes = new Uint8Array((PIECE_LENGTH + 1) * 9);
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let length = 0;
    const end = start + PIECE_LENGTH;
    while (start < text.length && start < end) {
      const code = text.codePointAt(start) ?? 0;
      length = writeEncoded(bytes, length, code);
      start += code > 0xffff ? 2 : 1;
    }
    pieces.push(ascii.decode(bytes.subarray(0, length)));
  }
  return pieces.join('');
}

const [PLUS, PERCENT] = [0x2b, 0x25];
const HEX_DIGITS = new TextEncoder().encode('0123456789ABCDEF');
const IS_PLAIN = Array.from({ length: 0x80 }, (_, code) => !NEEDS_ENCODING.test(String.fromCharCode(code)));

/** Writes a character, encoded, at `length`; answers the new length. */
function writeEncoded(bytes: Uint8Array, length: number, code: number): number {
  if (code < 0x80) {
    if (!IS_PLAIN[code] && code !== 0x20) return writePercent(bytes, length, code);
    bytes[length] = code === 0x20 ? PLUS : code;
    return length + 1;
  }
  if (code >= 0xdc80 && code <= 0xdcff) return writePercent(bytes, length, code - 0xdc00);
  // Half a character that stands for no byte has no UTF-8; every encoder writes U+FFFD in its place.
  if (code >= 0xd800 && code <= 0xdfff) return writeEncoded(bytes, length, 0xfffd);
  const following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const lead = [0, 0xc0, 0xe0, 0xf0][following] ?? 0;
  let end = writePercent(bytes, length, lead | (code >> (6 * following)));
  for (let rest = following - 1; rest >= 0; rest--) {
    end = writePercent(bytes, end, 0x80 | ((code >> (6 * rest)) & 0x3f));
  }
  return end;
}

function writePercent(bytes: Uint8Array, length: number, byte: number): number {
  bytes[length] = PERCENT;
  bytes[length + 1] = HEX_DIGITS[byte >> 4] ?? 0;
  bytes[length + 2] = HEX_DIGITS[byte & 15] ?? 0;
  return length + 3;
}
