import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/core/errors.ts';
import { startHttpServer } from '../support/http-server.ts';

async function answerTo(error: Error) {
  const api = { handle: () => Promise.reject(error) };
  await using server = await startHttpServer({ api });
  const answer = await fetch(`${server.url}/api/call-queue`, {
    method: 'POST',
    headers: { authorization: 'Bearer x' },
    body: 'action=save',
  });
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), errors };
}

describe('a database that fails', () => {
  it('is 503 with Retry-After, and a secret to the caller', async () => {
    expect(await answerTo(new StoreUnavailableError('disk full at /secret'))).toMatchObject({
      status: 503,
      retryAfter: '5',
      errors: [{ code: 'store_unavailable', message: 'The database is not available at the moment, try again' }],
    });
  });

  it('says that it may have been stored when that is not known', async () => {
    const { status, retryAfter, errors } = await answerTo(
      new StoreUnavailableError('fsync', { isOutcomeUnknown: true }),
    );
    expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '5' });
    expect(errors[0]?.code).toBe('store_outcome_unknown');
    expect(errors[0]?.message).toMatch(/it may have been stored or not\. Send it again with the same Idempotency-Key/);
  });
});
