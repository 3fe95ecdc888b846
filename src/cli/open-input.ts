import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { PassThrough, pipeline, type Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandFailedError } from './command-errors.ts';

/** Rows compress to a tenth or so; what unpacks to more than this is no list of calls but an attack on the disk. */
const MOST_TIMES = 200;
/** Below this nobody needs protection, and small files may repeat themselves a lot. */
const HARMLESS_BYTES = 256 * 1024 * 1024;

/** The bytes of a file, unpacked if its name ends in .gz, or of standard input for `-`. */
export function openInput(
  input: string,
  { cwd, stdin, harmlessBytes = HARMLESS_BYTES }: { cwd: string; stdin: Readable; harmlessBytes?: number },
): Readable {
  if (input === '-') return stdin;
  // In the usual pieces of 64 KiB: with 256 KiB the reading takes as long and 110 MB more of memory.
  const file = createReadStream(resolve(cwd, input));
  if (!/\.gz$/i.test(input)) return file;
  let packed = 0;
  let unpacked = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      packed += chunk.length;
      done(null, chunk);
    },
  });
  const cap = new PassThrough({
    transform(chunk: Buffer, _encoding, done) {
      unpacked += chunk.length;
      if (unpacked <= Math.max(harmlessBytes, packed * MOST_TIMES)) done(null, chunk);
      else
        done(new CommandFailedError(`${input}: unpacks to more than ${MOST_TIMES} times its size; unpack it yourself`));
    },
  });
  // The last of them hands on whatever failed.
  return pipeline(file, count, createGunzip(), cap, () => undefined);
}
