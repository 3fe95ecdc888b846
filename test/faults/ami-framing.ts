/*
 * Frames changed recordings of the manager port, more of them than `npm test` has time for:
 *
 *     node --expose-gc test/faults/ami-framing.ts [--messages 1000000] [--seed N]
 *
 * Nothing may be thrown, no event found that is not there by the plain rules, no memory kept. Prints a table and the seed;
 * exit code 1 on a failure.
 */
import { parseArgs } from 'node:util';
import { fuzzFraming } from '../support/ami-mutations.ts';
import { readRecording, recordingNames } from '../support/ami-recordings.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const MIB = 1024 ** 2;
const messages = Number(values.messages);
const seed = Number(values.seed);
const recordings = recordingNames.flatMap((name) => readRecording(name).map(({ chunks }) => Buffer.concat(chunks)));
/** Twice, and with a turn between: buffers are given back behind the collection that finds them. */
const live = async () => {
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
};

// Once over a little, so that what is compiled and cached is there already.
fuzzFraming(recordings, { messages: 20_000, seed: seed + 1 });
const before = await live();
const { read, rounds, failure } = fuzzFraming(recordings, { messages, seed });
const kept = (await live()) - before;
const isLean = kept < 16;

console.table({ seed, recordings: recordings.length, rounds, messages: read, 'kept MiB': Number(kept.toFixed(1)) });
if (failure !== undefined) console.error(`Round ${failure.round} differs`, failure);
if (!isLean) console.error('More than 16 MiB were kept');
process.exitCode = failure === undefined && isLean ? 0 : 1;
