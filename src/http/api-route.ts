import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ACTIONS, isWord } from '../../client/src/contract.ts';
import { readyBackend } from './admission.ts';
import type { Phase } from './backend.ts';
import { loginOf, type ParameterReader } from './read-parameters.ts';
import type { RepeatedReads } from './repeated-reads.ts';
import { sendAnswer } from './send-answer.ts';

export const API_PATH = '/api/call-queue';

/**
 * The one endpoint of the API: `GET` and `POST /api/call-queue`, where the member `action` selects what is done, and
 * `POST /api/call-queue/ACTION` for tools that know only paths.
 */
export function registerApi(
  server: FastifyInstance,
  {
    phase,
    readParameters,
    repeatedReads,
  }: { phase: () => Phase; readParameters: ParameterReader; repeatedReads: RepeatedReads },
): void {
  server.route({ method: ['GET', 'POST'], url: API_PATH, handler: answer });
  server.route<{ Params: { action: string } }>({
    method: 'POST',
    url: `${API_PATH}/:action`,
    handler: (request, reply) => answer(request, reply, request.params.action),
  });

  async function answer(request: FastifyRequest, reply: FastifyReply, pathAction?: string): Promise<FastifyReply> {
    const { api } = readyBackend(phase());
    const parameters = await readParameters(request, reply, (given) => {
      request.action = knownAction(pathAction ?? given.get('action'));
    });
    const login = loginOf(request);
    const asked = {
      credential: login.credential,
      parameters,
      pathAction,
      method: request.method,
      idempotencyKey: idempotencyKeyOf(request),
    };
    const answered = await api.handle(asked);
    const repeat = api.repeatable?.(asked);
    if (repeat !== undefined) repeatedReads.remember(request.raw, login, repeat);
    return sendAnswer(request, reply, answered);
  }
}

function knownAction(name: unknown): string | null {
  return typeof name === 'string' && isWord(ACTIONS, name) ? name : null;
}

/** The parameter `idempotency_key` as a header: what it may hold is judged with the parameters. */
function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  return headers['idempotency-key'] as string | undefined;
}
