import { Buffer, isUtf8 } from 'node:buffer';

/**
 * Bytes as text: UTF-8, and each byte 0xNN that is not part of valid UTF-8 as the lone surrogate U+DC00+NN (as Python's
 * `surrogateescape`), so that a hash can still be made over the bytes as they came.
 */
export function textOfBytes(bytes: Uint8Array): string {
  const buffer = asBuffer(bytes);
  return isUtf8(buffer) ? buffer.toString() : textOfBrokenBytes(bytes);
}

/** Each byte as the character of the same number. */
export function latin1OfBytes(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1');
}

/** How many bytes the well-formed UTF-8 character at this place takes; 0 when there is none. */
export function utf8Length(bytes: Uint8Array, start: number): 0 | 1 | 2 | 3 | 4 {
  const first = bytes[start] ?? 0xff;
  if (first < 0x80) return 1;
  const second = bytes[start + 1] ?? 0;
  if (first < 0xc2 || first > 0xf4 || !isContinuation(second)) return 0;
  if (first < 0xe0) return 2;
  // No second spelling of a shorter character, no surrogates, nothing above U+10FFFF.
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  if (!isContinuation(bytes[start + 2] ?? 0)) return 0;
  if (first < 0xf0) return 3;
  return isContinuation(bytes[start + 3] ?? 0) ? 4 : 0;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function textOfBrokenBytes(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  let length = 0;
  for (let start = 0; start < bytes.length; ) {
    const first = bytes[start] ?? 0;
    const taken = utf8Length(bytes, start);
    if (taken <= 1) {
      units[length++] = taken === 1 ? first : 0xdc00 + first;
      start++;
      continue;
    }
    let code = first & (0xff >> (taken + 1));
    for (let next = 1; next < taken; next++) code = (code << 6) | ((bytes[start + next] ?? 0) & 0x3f);
    if (code > 0xffff) {
      units[length++] = 0xd800 + ((code - 0x10000) >> 10);
      units[length++] = 0xdc00 + ((code - 0x10000) & 0x3ff);
    } else {
      units[length++] = code;
    }
    start += taken;
  }
  return Buffer.from(units.buffer, 0, length * 2).toString('utf16le');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
