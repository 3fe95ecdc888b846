import { describe, expect, it } from 'vitest';
import type { TokenStore } from '../../src/core/call-store.ts';
import type { StoredToken } from '../../src/core/token.ts';
import { createAuthenticator, FailedLogin } from '../../src/wire/authenticate.ts';
import { hashToken, sealKey } from '../../src/wire/credentials.ts';

const TOKEN = 'cq_0123456789abcdef0123456789abcdef';

function makeToken(changes: Partial<StoredToken> = {}): StoredToken {
  return {
    id: 7,
    name: 'crm',
    hash: hashToken(TOKEN),
    sealedKey: null,
    scope: 'read',
    projectIds: [1, 2],
    agent: 'anna',
    createdAt: 0,
    revokedAt: null,
    ...changes,
  };
}

/** Tokens in a list, and how often they were looked up. */
function tokenList(tokens: StoredToken[]) {
  const asked = { times: 0 };
  const store: TokenStore = {
    addToken: () => Promise.reject(new Error('not here')),
    addFirstToken: () => Promise.reject(new Error('not here')),
    findToken: async (hash) => {
      asked.times += 1;
      return tokens.find((token) => token.revokedAt === null && Buffer.from(token.hash).equals(hash));
    },
    listTokens: async () => tokens,
    revokeToken: () => Promise.reject(new Error('not here')),
  };
  return { store, asked };
}

const failure = async (login: Promise<unknown>) => {
  const error = await login.catch((thrown: unknown) => thrown);
  if (!(error instanceof FailedLogin)) throw new Error('The login did not fail');
  return error;
};

describe('a login', () => {
  it('tells who asks, with the key of the token', async () => {
    const { store } = tokenList([makeToken({ sealedKey: sealKey('your_api_key', TOKEN) })]);
    expect(await createAuthenticator({ tokens: store }).authenticate([`Bearer ${TOKEN}`])).toEqual({
      credential: { tokenId: 7, name: 'crm', scope: 'read', projectIds: [1, 2], agent: 'anna' },
      key: 'your_api_key',
    });
  });

  it.each([
    ['no header', [], 'no_header', 'Missing API token'],
    ['an empty header', [''], 'no_header', 'Missing API token'],
    ['a scheme without a token', ['Bearer '], 'no_header', 'Missing API token'],
    ['the same header twice', [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`], 'several_headers', 'Invalid API token'],
    ['the scheme in lower case', [`bearer ${TOKEN}`], 'no_bearer_token', 'Invalid API token'],
    ['another scheme', [`Basic ${TOKEN}`], 'no_bearer_token', 'Invalid API token'],
    ['the token alone', [TOKEN], 'no_bearer_token', 'Invalid API token'],
    ['a blank at the end', [`Bearer ${TOKEN} `], 'malformed_token', 'Invalid API token'],
    ['two blanks', [`Bearer  ${TOKEN}`], 'malformed_token', 'Invalid API token'],
    ['a tab', [`Bearer\t${TOKEN}`], 'no_bearer_token', 'Invalid API token'],
    ['a NUL at the end', [`Bearer ${TOKEN}\0`], 'malformed_token', 'Invalid API token'],
    ['two tokens in one header', [`Bearer ${TOKEN}, Bearer ${TOKEN}`], 'malformed_token', 'Invalid API token'],
    ['8 KiB of token', [`Bearer ${'a'.repeat(8192)}`], 'malformed_token', 'Invalid API token'],
    ['an unknown token', [`Bearer ${TOKEN.slice(0, -1)}0`], 'unknown_token', 'Invalid API token'],
  ])('is refused with %s', async (_what, headers, reason, message) => {
    const { store } = tokenList([makeToken()]);
    const error = await failure(createAuthenticator({ tokens: store }).authenticate(headers));
    expect(error.reason).toBe(reason);
    expect(error.status).toBe(401);
    expect(error.problems.map((problem) => problem.message)).toEqual([message]);
    expect(error.headers).toEqual({ 'www-authenticate': 'Bearer' });
  });

  it('is remembered for some seconds, and refused less than 15 s after the token was revoked', async () => {
    const token = makeToken();
    const { store, asked } = tokenList([token]);
    let now = 0;
    const { authenticate } = createAuthenticator({ tokens: store, monotonicMs: () => now });
    await authenticate([`Bearer ${TOKEN}`]);
    await authenticate([`Bearer ${TOKEN}`]);
    expect(asked.times).toBe(1);
    token.revokedAt = 1;
    now = 14_999;
    expect((await failure(authenticate([`Bearer ${TOKEN}`]))).reason).toBe('unknown_token');
  });

  it('works at once with a token that has just been made', async () => {
    const tokens: StoredToken[] = [];
    const { authenticate } = createAuthenticator({ tokens: tokenList(tokens).store, monotonicMs: () => 0 });
    await failure(authenticate([`Bearer ${TOKEN}`]));
    tokens.push(makeToken());
    expect((await authenticate([`Bearer ${TOKEN}`])).credential.tokenId).toBe(7);
  });
});
