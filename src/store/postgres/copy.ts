import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type postgres from 'postgres';

/** COPY … FROM STDIN. @param pieces in its text format, cut anywhere */
export async function copyIn(
  connection: postgres.ReservedSql,
  sql: string,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  const question = connection.unsafe(sql);
  const failure = failureOf(question);
  const stream = await question.writable();
  await Promise.race([pipeline(Readable.from(pieces), stream), failure]);
}

/** COPY … TO STDOUT. @param onPiece hears one row at a time, with its line break */
export async function copyOut(
  connection: postgres.ReservedSql,
  sql: string,
  onPiece: (piece: Uint8Array) => void,
): Promise<void> {
  const stream = await connection.unsafe(sql).readable();
  stream.on('data', onPiece);
  await finished(stream);
}

/**
 * What PostgreSQL has against the last rows it says when the driver's stream is at its end, and its promise long fulfilled:
 * nobody would hear of it, and the stream would never finish.
 */
function failureOf(question: object): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const driver = question as { reject(reason: unknown): void };
  const before = driver.reject;
  driver.reject = (reason) => {
    before(reason);
    reject(reason);
  };
  promise.catch(() => undefined);
  return promise;
}
