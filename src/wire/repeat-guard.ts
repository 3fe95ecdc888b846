import { hash } from 'node:crypto';
import type { Action } from '../../client/src/contract.ts';
import { buildQuery } from '../../client/src/php-query.ts';
import type { RepeatGuard } from '../core/call-command.ts';
import type { ActionRequest } from './action.ts';

const KEY_KEPT_SECONDS = 7 * 24 * 3600;
const GET_KEPT_SECONDS = 60;

/**
 * What makes a repeat of a changing request answer as the first did: its idempotency key (safety.md, rule 11); or, for a
 * GET without one, the request itself, since clients and proxies may send a GET again on their own (rule 10). Keys belong
 * to the token.
 */
export function repeatGuardOf(
  action: Action,
  { credential, parameters, method }: ActionRequest,
  idempotencyKey: string | undefined,
): RepeatGuard | undefined {
  if (idempotencyKey === undefined && method !== 'GET') return undefined;
  const { tokenId } = credential;
  const fingerprint = fingerprintOf(action, parameters);
  if (idempotencyKey !== undefined) {
    return { tokenId, key: idempotencyKey, fingerprint, keepSeconds: KEY_KEPT_SECONDS };
  }
  // A line break is in no key that a caller can send.
  return { tokenId, key: `GET\n${fingerprint}`, fingerprint, keepSeconds: GET_KEPT_SECONDS };
}

/** Where the action stands, how the request is signed and by which key it is known do not make it another request. */
const NOT_PART_OF_IT: ReadonlySet<string> = new Set([
  'action',
  'api_hash',
  'api_time',
  'api_username',
  'api_password',
  'idempotency_key',
]);

/** Of the same text that the hash of the API covers: what PHP cannot tell apart is the same request. */
function fingerprintOf(action: Action, parameters: ActionRequest['parameters']): string {
  const relevant = new Map([...parameters].filter(([name]) => !NOT_PART_OF_IT.has(name)));
  return hash('sha256', `${action}?${buildQuery(relevant)}`, 'hex');
}
