/**
 * The length extension of MD5 (RFC 1321): from the digest of a text that one does not know, only its length, the digest of
 * that text, its padding and something more.
 */
export function continueMd5(digest: string, length: number, more: string): { padding: Buffer; digest: string } {
  const padding = paddingOf(length);
  const tail = Buffer.concat([Buffer.from(more), paddingOf(length + padding.length + more.length)]);
  const seen = Buffer.from(digest, 'hex');
  let state = [0, 4, 8, 12].map((at) => seen.readInt32LE(at));
  for (let at = 0; at < tail.length; at += 64) state = compress(state, tail.subarray(at, at + 64));
  const result = Buffer.alloc(16);
  for (const [index, word] of state.entries()) result.writeInt32LE(word, index * 4);
  return { padding, digest: result.toString('hex') };
}

function paddingOf(length: number): Buffer {
  const padding = Buffer.alloc(((119 - (length % 64)) % 64) + 9);
  padding[0] = 0x80;
  padding.writeBigUInt64LE(BigInt(length) * 8n, padding.length - 8);
  return padding;
}

const SINES = Array.from({ length: 64 }, (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) | 0);
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

function compress(state: number[], block: Buffer): number[] {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step += 1) {
    const round = step >> 4;
    const mix = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round] ?? 0;
    const word = [step, 5 * step + 1, 3 * step + 5, 7 * step][round] ?? 0;
    const sum = (a + mix + (SINES[step] ?? 0) + block.readInt32LE((word & 15) * 4)) | 0;
    const shift = SHIFTS[round * 4 + (step & 3)] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  return [a, b, c, d].map((word, index) => (word + (state[index] ?? 0)) | 0);
}
