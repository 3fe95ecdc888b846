import { createApi } from '../wire/api.ts';
import type { Credential } from '../wire/credential.ts';
import { wholeBody } from '../wire/envelope.ts';
import type { Parameter } from '../wire/parameter.ts';
import type { OpenQueue } from './open-queue.ts';

/** Whoever can read the database file may see everything in it. */
const OPERATOR: Credential = { tokenId: 0, name: 'command line', scope: 'admin', projectIds: null, agent: null };

/**
 * What the API answers to these parameters, asked from the command line.
 * @throws Refusal with everything that is wrong with them
 */
export async function askApi<Answer>(
  { queue, projects, timeZone }: OpenQueue,
  parameters: Readonly<Record<string, Parameter>>,
): Promise<Answer> {
  const api = createApi({ queue, projects, timeZone });
  const body = wholeBody(await api.handle({ credential: OPERATOR, parameters: new Map(Object.entries(parameters)) }));
  return JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString());
}
