import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/core/call-store.ts';
import type { NewToken } from '../../src/core/token.ts';

const hash = (byte: number) => new Uint8Array(32).fill(byte);
const token: NewToken = {
  name: 'CRM',
  hash: hash(1),
  sealedKey: new Uint8Array([0, 255, 7]),
  scope: 'write',
  projectIds: [1, 3],
  agent: 'ann',
  createdAt: 1_000,
};

/** What every store of tokens has to do. */
export function describeTokenStore(name: string, openStore: () => Promise<Store>): void {
  describe(`${name}: tokens`, () => {
    test('a token comes back as it was added, found by its hash', async () => {
      const store = await openStore();
      const added = await store.addToken(token);
      expect(added).toEqual({ ...token, id: added.id, revokedAt: null });
      expect(await store.findToken(hash(1))).toEqual(added);
      expect(await store.findToken(hash(2))).toBeUndefined();
      expect(await store.findToken(new Uint8Array(0))).toBeUndefined();
    });

    test('a token may lack key, projects and agent', async () => {
      const store = await openStore();
      const added = await store.addToken({ ...token, sealedKey: null, projectIds: null, agent: null });
      expect(await store.findToken(hash(1))).toEqual({ ...added, sealedKey: null, projectIds: null, agent: null });
    });

    test('a revoked token is found no more, but stays listed', async () => {
      const store = await openStore();
      const first = await store.addToken(token);
      const second = await store.addToken({ ...token, name: 'Shop', hash: hash(2) });
      expect(await store.revokeToken(first.id, 2_000)).toBe(true);
      expect(await store.findToken(hash(1))).toBeUndefined();
      expect(await store.listTokens()).toEqual([{ ...first, revokedAt: 2_000 }, second]);
    });

    test('revoking again, or what is not there, changes nothing', async () => {
      const store = await openStore();
      const { id } = await store.addToken(token);
      await store.revokeToken(id, 2_000);
      expect(await store.revokeToken(id, 3_000)).toBe(false);
      expect(await store.revokeToken(id + 1, 3_000)).toBe(false);
      expect((await store.listTokens()).map(({ revokedAt }) => revokedAt)).toEqual([2_000]);
    });

    test('a first token is made only where there never was one, and is added only when that succeeds', async () => {
      const store = await openStore();
      const failing = store.addFirstToken(() => {
        throw new Error('No place to keep it');
      });
      await expect(failing).rejects.toThrow('No place to keep it');
      const first = await store.addFirstToken(() => token);
      expect(await store.listTokens()).toEqual([first]);
      await store.revokeToken(first?.id ?? 0, 2_000);
      let made = 0;
      const second = await store.addFirstToken(() => {
        made += 1;
        return { ...token, hash: hash(2) };
      });
      expect([second, made, (await store.listTokens()).length]).toEqual([undefined, 0, 1]);
    });

    test('the token of a revoked one may be added again', async () => {
      const store = await openStore();
      const first = await store.addToken(token);
      await store.revokeToken(first.id, 2_000);
      const second = await store.addToken(token);
      expect(await store.findToken(hash(1))).toEqual(second);
      expect(second.id).not.toBe(first.id);
    });
  });
}
