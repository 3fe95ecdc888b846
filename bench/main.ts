import { writeFileSync } from 'node:fs';
import { parseOptions, USAGE } from './options.ts';
import { reportText } from './report.ts';
import { runBench } from './run.ts';
import { saveResults } from './save-results.ts';

/** `npm run bench`: measures, prints tables, and fails when anything was answered wrongly. See README.md. */

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof parseOptions>;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const report = await runBench(options, (sentence) => process.stderr.write(`${sentence}\n`));
  const text = `${reportText(report)}\n`;
  process.stdout.write(text);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  const { save, append } = options;
  if (save || append !== undefined) saveResults(text, { about: String(options.rows), append });
  return report.databases.some(({ failures }) => failures.length > 0) ? 1 : 0;
}
