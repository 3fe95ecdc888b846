import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCredentials, hashToken, openKey, sealKey } from '../../src/wire/credentials.ts';

describe('credentials', () => {
  it('hold 192 random bits each behind a prefix that tells what they are', () => {
    const made = Array.from({ length: 100 }, createCredentials);
    for (const { token, key } of made) {
      expect(token).toMatch(/^cq_[A-Za-z0-9_-]{32}$/);
      expect(key).toMatch(/^cqk_[A-Za-z0-9_-]{32}$/);
    }
    expect(new Set(made.flatMap(({ token, key }) => [token.slice(3), key.slice(4)])).size).toBe(200);
  });

  it('are kept as the SHA-256 of the token', () => {
    expect(hashToken('abc')).toEqual(createHash('sha256').update('abc').digest());
  });
});

describe('a sealed key', () => {
  it('opens with its token, whatever characters the key has', () => {
    for (const key of ['your_api_key', '', 'clé €uro 🔑', 'x'.repeat(10_000)]) {
      expect(openKey(sealKey(key, 'the token'), 'the token')).toBe(key);
    }
  });

  it('does not open with another token', () => {
    const sealed = sealKey('your_api_key', 'the token');
    expect(() => openKey(sealed, 'the tokem')).toThrow();
  });

  it('does not open when a single bit of it was changed', () => {
    const sealed = sealKey('your_api_key', 'the token');
    for (let at = 0; at < sealed.length; at += 1) {
      const damaged = Buffer.from(sealed);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(() => openKey(damaged, 'the token')).toThrow();
    }
    expect(() => openKey(sealed.subarray(0, 20), 'the token')).toThrow('damaged');
  });

  it('shows neither key nor token, and looks different each time', () => {
    const [one, two] = [sealKey('your_api_key', 'the token'), sealKey('your_api_key', 'the token')];
    expect(one.equals(two)).toBe(false);
    expect(one.includes('your_api_key')).toBe(false);
    expect(one.includes('the token')).toBe(false);
  });
});
