import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto';

/** What a caller is given once and never again. */
export interface Credentials {
  token: string;
  key: string;
}

/** A fresh token and key of 192 random bits each; the prefixes let people and secret scanners know them. */
export function createCredentials(): Credentials {
  return { token: `cq_${randomBytes(24).toString('base64url')}`, key: `cqk_${randomBytes(24).toString('base64url')}` };
}

/**
 * SHA-256 of a token: the only form in which it is kept. A slow hash would defend weak passwords; a token of 192
 * random bits needs none, and it is checked at every request.
 */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/*
 * The API's hash is md5(parameters + key), so that the server needs the key in clear text, at every request. Kept in
 * clear text, a stolen database would hand out every key. It is therefore sealed with AES-256-GCM under a secret
 * derived (HKDF) from the token, of which only a hash is kept: a key opens only while a request presents its token.
 *
 * Layout: version (1 byte), salt (16), tag (16), ciphertext. Each sealing has its own random salt, and with it its own
 * secret and nonce, so that a nonce is never used twice.
 */
const VERSION = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + SALT_BYTES + TAG_BYTES;

/** Seals a key so that only who presents the token can open it. */
export function sealKey(key: string, token: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const { secret, nonce } = derive(token, salt);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce);
  const text = Buffer.concat([cipher.update(key, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), salt, cipher.getAuthTag(), text]);
}

/** @throws Error when `sealed` was made for another token or was damaged. */
export function openKey(sealed: Uint8Array, token: string): string {
  if (sealed[0] !== VERSION || sealed.length < HEAD_BYTES) throw new Error('The sealed key of a token is damaged');
  const { secret, nonce } = derive(token, sealed.subarray(1, 1 + SALT_BYTES));
  const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(1 + SALT_BYTES, HEAD_BYTES));
  return decipher.update(sealed.subarray(HEAD_BYTES), undefined, 'utf8') + decipher.final('utf8');
}

function derive(token: string, salt: Uint8Array): { secret: Buffer; nonce: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', token, salt, 'callqueue api_key', 44));
  return { secret: bytes.subarray(0, 32), nonce: bytes.subarray(32) };
}
