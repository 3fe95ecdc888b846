import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { readExportRequest } from '../wire/export-request.ts';
import { messages } from '../wire/messages.ts';
import { Refusal } from '../wire/refusal.ts';
import { type ExportPiece, exportCalls } from '../wire/row-file/export-calls.ts';
import type { RowFormat } from '../wire/row-file/row-format.ts';
import { readyBackend } from './admission.ts';
import type { Phase } from './backend.ts';
import { codingFor, createCompressor } from './compression.ts';
import { loginOf, type ParameterReader, requireActionOf } from './read-parameters.ts';

/** Each holds a connection to the database, and the database as it was when it began. */
const MOST_EXPORTS = 8;

const CONTENT_TYPES: Readonly<Record<RowFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  tsv: 'text/tab-separated-values; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
};

/**
 * All calls that match, as a file: `/api/call-queue/export`. As of one moment, in order of id, as fast as the caller
 * takes it and no faster. What is wrong before the first byte is answered in the envelope; what breaks off later is
 * cut, so that half a file is never taken for a whole one.
 */
export function registerExport(
  server: FastifyInstance,
  options: { phase: () => Phase; readParameters: ParameterReader; logger: Logger },
): void {
  const { phase, readParameters, logger } = options;
  let running = 0;

  server.route({
    method: ['GET', 'POST'],
    url: '/api/call-queue/export',
    handler: async (request, reply) => {
      request.action = 'export';
      const { credential } = loginOf(request);
      const parameters = await readParameters(request, reply);
      requireActionOf(parameters, 'export');
      const { parts } = readyBackend(phase());
      const { format, filter, timeFormat } = readExportRequest({ credential, parameters }, parts);
      if (running >= MOST_EXPORTS) {
        throw new Refusal(503, [messages.tooManyExports(MOST_EXPORTS)], { 'retry-after': '5' });
      }

      running += 1;
      const pieces = exportCalls({ queue: parts.queue, timeZone: parts.timeZone, filter, format, timeFormat });
      try {
        const first = await pieces.next();
        reply.hijack();
        const headers = { ...(reply.getHeaders() as Record<string, string>), ...headersOf(format) };
        await send(reply.raw, headers, request.headers, textOf(first, pieces)).catch((error) => {
          const level = isLeaving(error) ? 'info' : 'error';
          logger[level]({ err: error, requestId: request.id }, 'export broken off');
        });
      } finally {
        running -= 1;
        // Also where nothing was read of it: it holds a connection to the database.
        await pieces.return(undefined);
      }
    },
  });
}

function headersOf(format: RowFormat): Record<string, string> {
  return {
    'content-type': CONTENT_TYPES[format],
    'content-disposition': `attachment; filename="calls.${format}"`,
    'cache-control': 'no-store',
    vary: 'Accept-Encoding',
  };
}

async function send(
  response: ServerResponse,
  headers: Record<string, string>,
  asked: IncomingHttpHeaders,
  text: AsyncIterable<string>,
): Promise<void> {
  const coding = codingFor(asked['accept-encoding']);
  response.writeHead(200, { ...headers, ...(coding !== undefined && { 'content-encoding': coding }) });
  const source = Readable.from(text);
  if (coding === undefined) await pipeline(source, response);
  else await pipeline(source, createCompressor(coding), response);
}

async function* textOf(
  first: IteratorResult<ExportPiece, void>,
  rest: AsyncIterable<ExportPiece>,
): AsyncGenerator<string> {
  if (first.done === true) return;
  yield first.value.text;
  for await (const { text } of rest) yield text;
}

/** Whether the caller went away, which is nobody's fault here. */
function isLeaving(error: unknown): boolean {
  return ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
}
