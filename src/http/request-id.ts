import { randomBytes } from 'node:crypto';

/**
 * The id of a request in answers and log: the caller's `X-Request-Id` if it is 1 to 64 of `A-Za-z0-9-_.`, so that both
 * sides can speak of the same request; otherwise a new one, a random part for each process and a number.
 */
export function createRequestIds(): (given?: unknown) => string {
  const process = randomBytes(6).toString('hex');
  let count = 0;
  return (given) => {
    if (typeof given === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(given)) return given;
    count += 1;
    return `${process}-${count.toString(36)}`;
  };
}
