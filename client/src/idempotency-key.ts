/**
 * A key by which the server recognises the tries of one request: 32 hexadecimal digits. It must not repeat; it need not
 * be secret, since the server keeps the keys of each token apart.
 */
export function createIdempotencyKey(): string {
  const bytes = new Uint8Array(16);
  // Node 18 has no global crypto. Unlike randomUUID this works in pages without TLS, too.
  if (typeof globalThis.crypto?.getRandomValues === 'function') globalThis.crypto.getRandomValues(bytes);
  else for (let index = 0; index < bytes.length; index++) bytes[index] = Math.floor(Math.random() * 256);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
