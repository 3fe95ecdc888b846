/*
 * Frames changed recordings of the manager port, more of them than `npm test` has time for:
 *
 *     node --expose-gc test/faults/ami-framing.ts [--messages 1000000] [--seed N]
 *
 * Nothing may be thrown, no event found that is not there by the plain rules, no memory kept; nor by what is made of the
 * messages. Prints a table and the seed; exit code 1 on a failure.
 */
import { parseArgs } from 'node:util';
import { createMissedCalls } from '../../src/core/missed-calls.ts';
import type { AmiMessage } from '../../src/pbx/asterisk/ami-message.ts';
import { legEventOf } from '../../src/pbx/asterisk/asterisk-pbx.ts';
import { INBOUND_CONTEXTS } from '../../src/pbx/asterisk/inbound-contexts.ts';
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

const settings = { inboundContexts: new Set(INBOUND_CONTEXTS) };
const machine = createMissedCalls({ pbx: 'fuzzed', maxLegs: 1_000 });
let [heard, verdicts, time] = [0, 0, 0];
function understand(message: AmiMessage): void {
  time += 0.001;
  const event = legEventOf(message, time, settings);
  if (event === undefined) return;
  heard += 1;
  machine.take(event, time);
  if (heard % 100 === 0) verdicts += machine.tick(time).length;
}

// Once over a little, so that what is compiled and cached is there already.
fuzzFraming(recordings, { messages: 20_000, seed: seed + 1, understand });
const before = await live();
const { read, rounds, failure } = fuzzFraming(recordings, { messages, seed, understand });
const kept = (await live()) - before;
const isLean = kept < 16;

const figures = { rounds, messages: read, legEvents: heard, verdicts, keptMib: Number(kept.toFixed(1)) };
console.table({ seed, recordings: recordings.length, ...figures });
if (failure !== undefined) console.error(`Round ${failure.round} differs`, failure);
if (!isLean) console.error('More than 16 MiB were kept');
process.exitCode = failure === undefined && isLean ? 0 : 1;
