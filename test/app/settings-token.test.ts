import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/app/open-store.ts';
import { ensureSettingsToken, type TokenSettings } from '../../src/app/settings-token.ts';
import type { Store } from '../../src/core/call-store.ts';
import { createAuthenticator } from '../../src/wire/authenticate.ts';
import { hashToken } from '../../src/wire/credentials.ts';
import { startTestApp, testSettings } from '../support/app.ts';

const ONE = 'a-token-of-the-settings-0123456789';
const TWO = 'another-token-of-the-settings-0123';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callqueue-test-'));
  store = await openStore(testSettings(folder));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const loginWith = (token: string) => createAuthenticator({ tokens: store }).authenticate([`Bearer ${token}`]);
const start = (settings: TokenSettings) => ensureSettingsToken(store, settings, 1000);

describe('the token of the settings', () => {
  it('exists with all rights and its key', async () => {
    await start({ token: ONE, key: 'your_api_key' });
    const { credential, key } = await loginWith(ONE);
    expect(credential).toMatchObject({ name: 'CALLQUEUE_TOKEN', scope: 'admin', projectIds: null, agent: null });
    expect(key).toBe('your_api_key');
  });

  it('stays the same one while the settings do', async () => {
    await start({ token: ONE, key: 'k' });
    await start({ token: ONE, key: 'k' });
    expect(await store.listTokens()).toHaveLength(1);
  });

  it('ends when the setting changes, goes, or has another key, and may come back', async () => {
    await start({ token: ONE });
    await start({ token: TWO });
    await expect(loginWith(ONE)).rejects.toThrow('Invalid API token');
    expect((await loginWith(TWO)).key).toBeNull();
    await start({ token: TWO, key: 'k' });
    expect((await loginWith(TWO)).key).toBe('k');
    await start({});
    await expect(loginWith(TWO)).rejects.toThrow('Invalid API token');
    await start({ token: ONE });
    expect((await loginWith(ONE)).key).toBeNull();
  });

  it('leaves other tokens alone, and is refused when it is one of them', async () => {
    const other = { scope: 'read', projectIds: [1], agent: null, sealedKey: null, createdAt: 1 } as const;
    await store.addToken({ name: 'crm', hash: hashToken(TWO), ...other });
    await start({ token: ONE });
    await start({});
    expect((await loginWith(TWO)).credential.name).toBe('crm');
    await expect(start({ token: TWO })).rejects.toThrow(
      'token (CALLQUEUE_TOKEN): this value is already the token “crm” (number 1); take another value, or revoke that token first',
    );
  });
});

describe('a running app', () => {
  it('knows the token of its settings, and at once those that another process makes or revokes', async () => {
    await using app = await startTestApp({ settings: { token: ONE } });
    const statusWith = async (token: string) => (await app.post({ action: 'read' }, { token })).status;
    expect(await statusWith(ONE)).toBe(200);
    expect(await statusWith((await app.addToken({ scope: 'read' })).token)).toBe(200);
    // One that was used in the last seconds is remembered for as long: test/wire/authenticate.test.ts.
    const unused = await app.addToken({ scope: 'read' });
    await app.store.revokeToken(unused.stored.id, 2000);
    expect(await statusWith(unused.token)).toBe(401);
  });
});
