import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readEventsRequest } from '../wire/changes-request.ts';
import { messages } from '../wire/messages.ts';
import { Refusal } from '../wire/refusal.ts';
import { authorizationHeaders, readyBackend } from './admission.ts';
import type { Phase } from './backend.ts';
import type { EventStreams } from './event-streams.ts';
import { loginOf, type ParameterReader, requireActionOf } from './read-parameters.ts';

/**
 * The change feed as a stream: `/api/call-queue/events`. A POST does the same, for filters that fit into no address.
 * `Last-Event-ID` wins over `since`, since a reader that comes back repeats its address as it was; with neither, the
 * stream begins now.
 */
export function registerEvents(
  server: FastifyInstance,
  options: { phase: () => Phase; readParameters: ParameterReader; streams: EventStreams },
): void {
  const { phase, readParameters, streams } = options;

  server.route({
    method: ['GET', 'POST'],
    url: '/api/call-queue/events',
    handler: async (request, reply) => {
      request.action = 'events';
      const { credential } = loginOf(request);
      const parameters = await readParameters(request, reply);
      requireActionOf(parameters, 'events');
      const { parts } = readyBackend(phase());
      const { since, viewName, ...view } = readEventsRequest({ credential, parameters }, parts);
      const position = lastEventId(request) ?? since ?? (await parts.queue.lastSequence());
      // The service may have begun to stop meanwhile.
      const { authenticator } = readyBackend(phase());
      streams.requireRoom();

      reply.hijack();
      const { raw: response } = reply;
      response.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        // What comes after the stream is asked for elsewhere: its end is the end of the connection.
        connection: 'close',
        // nginx would collect the events otherwise.
        'x-accel-buffering': 'no',
      });
      streams.open(
        {
          response,
          queue: parts.queue,
          view,
          viewName,
          since: position,
          authorization: authorizationHeaders(request),
          tokenName: credential.name,
          requestId: request.id,
        },
        authenticator,
      );
    },
  });
}

/** @throws Refusal 400 when it is none of ours */
function lastEventId({ headers }: FastifyRequest): number | undefined {
  const text = [headers['last-event-id']].flat().join().trim();
  if (text === '') return undefined;
  const id = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(id)) return id;
  throw new Refusal(400, [messages.invalidLastEventId(text)]);
}
