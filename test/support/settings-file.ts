import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings, type Settings } from '../../src/config.ts';
import { InvalidSettingsError } from '../../src/core/errors.ts';

let files = 0;

/** The settings of a file in this folder, with variables beside it. */
export function loadFile(folder: string, yaml: string, env: Record<string, string> = {}): Settings {
  const path = join(folder, `${++files}.yaml`);
  writeFileSync(path, yaml);
  return loadSettings({ env: { ...env, CALLQUEUE_CONFIG: path }, cwd: folder });
}

/** @throws Error when the settings are accepted */
export function mistakesOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.mistakes;
    throw error;
  }
  throw new Error('The settings were accepted');
}
