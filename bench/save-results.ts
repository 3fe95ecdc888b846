import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps the tables of a run, under the time of its end.
 * @param options.append file to add them to, so that a run can be made in parts; undefined: one of their own in results/
 */
export function saveResults(text: string, options: { about: string; append?: string | undefined }): void {
  const date = new Date().toISOString().slice(0, 16).replace('T', '-').replace(':', '');
  const part = `# ${date}\n\n${text}`;
  if (options.append !== undefined) {
    appendFileSync(options.append, existsSync(options.append) ? `\n${part}` : part);
    return;
  }
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${date}-${options.about}.md`), part);
}
