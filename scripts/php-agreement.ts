import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { type Php, startPhp } from '../test/support/php.ts';
import { compareForm, compareJson, compareMultipart, type Disagreement } from '../test/support/php-agreement.ts';
import { brokenJson, randomFields, randomForm, randomJson } from '../test/support/random-parameters.ts';

/**
 * Asks real PHP whether it reads and hashes random requests as we do.
 *
 *     node scripts/php-agreement.ts --runs 20000 [--seed N]
 *
 * Prints the seed and a line for each kind of input; exit code 1 with the smallest counter-example found otherwise.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);

console.log(
  `seed ${seed}, ${runs} inputs: a quarter each of forms, multipart bodies, JSON, and JSON with one character changed`,
);
const share = Math.ceil(runs / 4);
await judge('forms', randomForm, (php, form) => compareForm(php, form));
await judge('multipart', randomFields, (php, fields) => compareMultipart(php, fields));
await judge('JSON', randomJson, (php, json) => compareJson(php, json, 'key'));
await judge('changed JSON', brokenJson, (php, json) => compareJson(php, json, 'key'));

async function judge<Input>(
  kind: string,
  inputs: fc.Arbitrary<Input>,
  compare: (php: Php, input: Input) => Promise<Disagreement | undefined>,
): Promise<void> {
  const startedAt = performance.now();
  const php = await startPhp();
  const property = fc.asyncProperty(inputs, async (input) => {
    const disagreement = await compare(php, input);
    if (disagreement !== undefined) throw new Error(JSON.stringify(disagreement, null, 2));
  });
  const result = await fc.check(property, { numRuns: share, seed });
  php.stop();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (!result.failed) {
    console.log(`${kind}: ${result.numRuns} inputs in ${seconds} s, PHP agrees with all`);
    return;
  }
  process.exitCode = 1;
  console.log(`${kind}: PHP disagrees after ${result.numRuns} inputs`);
  console.log(JSON.stringify(result.counterexample), String(result.errorInstance));
}
