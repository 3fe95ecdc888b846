import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsPage } from '../src/config/settings-page.ts';
import { apiPage } from './api-page.ts';
import { statusPage } from './status-page.ts';

/** The pages of docs/ that are made from the source, wholly or in part, by path. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': settingsPage,
  'docs/api.md': apiPage,
  'docs/statuses.md': statusPage,
};

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  for (const [path, write] of Object.entries(PAGES)) {
    writeFileSync(join(root, path), write());
    console.log(path);
  }
}
