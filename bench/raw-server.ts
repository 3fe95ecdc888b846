import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The limit of the machine, as a process of its own: a bare server that reads the body of a request and answers a Buffer
 * that lies ready. Told by its parent which answers; tells its address, and its CPU time where that cannot be seen from
 * outside.
 */

/** What the parent sends. */
export type RawServerOrder = { answers: RawAnswers } | { ask: 'cpu' };
/** What comes back, each once for an order; the address without one. */
export type RawServerReply = { url: string } | { ready: true } | { cpuMicroseconds: number };

export interface RawAnswers {
  headers: Record<string, string>;
  /** Bytes of the bodies, which are answered in turn. */
  sizes: readonly number[];
  /** A body as the real server answers it, of which these are made: what takes the load longer to read wakes a server more often. */
  sample: string;
}

let answers: { headers: Record<string, string | number>; body: Buffer }[] = [];
let next = 0;

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  request.on('data', () => {});
  request.on('end', () => {
    const answer = answers[next++ % answers.length];
    if (answer === undefined) throw new Error('Asked before there were answers');
    response.writeHead(200, answer.headers);
    response.end(answer.body);
  });
});

process.on('message', (order: RawServerOrder) => {
  if ('ask' in order) {
    const { user, system } = process.cpuUsage();
    reply({ cpuMicroseconds: user + system });
    return;
  }
  const { headers, sizes, sample } = order.answers;
  answers = sizes.map((size) => ({ headers: { ...headers, 'content-length': size }, body: bodyOf(size, sample) }));
  next = 0;
  reply({ ready: true });
});

// The parent has gone.
process.on('disconnect', () => process.exit());

server.listen(0, '127.0.0.1', () => reply({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));

/** Its beginning, then its rows again and again. */
function bodyOf(size: number, sample: string): Buffer {
  const bytes = Buffer.from(sample);
  const body = Buffer.alloc(size, bytes.subarray(Math.min(200, bytes.length - 1)));
  bytes.copy(body);
  return body;
}

function reply(message: RawServerReply): void {
  process.send?.(message);
}
