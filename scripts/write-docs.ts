import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsPage } from '../src/config/settings-page.ts';

/** The pages of docs/ that are made from the source, by path. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': settingsPage,
};

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  for (const [path, write] of Object.entries(PAGES)) {
    writeFileSync(join(root, path), write());
    console.log(path);
  }
}
