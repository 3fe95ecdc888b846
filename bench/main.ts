import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseOptions, USAGE } from './options.ts';
import { reportText } from './report.ts';
import { runBench } from './run.ts';

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
  if (options.save) save(text, options.rows);
  return report.databases.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

function save(text: string, rows: number): void {
  const folder = join(import.meta.dirname, 'results');
  const date = new Date().toISOString().slice(0, 16).replace('T', '-').replace(':', '');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${date}-${rows}.md`), `# ${date}\n\n${text}`);
}
