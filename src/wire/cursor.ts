import { crc32 } from 'node:zlib';

/**
 * Where a complete extraction goes on: the id of the last call answered. Opaque to callers, so that its content may
 * change; the checksum tells a damaged one from a good one. It gives no rights: filters and token are applied anew.
 */

const VERSION = 1;
// 1 byte version, 7 bytes id, 4 bytes checksum: 12 bytes are exactly 16 characters of base64, without spare bits that
// could differ unnoticed.
const BYTES = 12;
const CHARACTERS = 16;

export function formatCursor(afterId: number): string {
  const bytes = Buffer.alloc(BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt8(Math.floor(afterId / 2 ** 48), 1);
  bytes.writeUIntBE(afterId % 2 ** 48, 2, 6);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return bytes.toString('base64url');
}

/** The id in a cursor; undefined when it is none of ours. */
export function parseCursor(text: string): number | undefined {
  if (text.length !== CHARACTERS || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.readUInt8(0) !== VERSION || bytes.readUInt32BE(8) !== crc32(bytes.subarray(0, 8))) return undefined;
  const afterId = bytes.readUInt8(1) * 2 ** 48 + bytes.readUIntBE(2, 6);
  return Number.isSafeInteger(afterId) ? afterId : undefined;
}
