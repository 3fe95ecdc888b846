import type { CheckedSettings } from './checked-settings.ts';
import { databaseMistake } from './database-mistake.ts';
import { pbxMistakes } from './pbx-mistakes.ts';
import { projectMistakes } from './project-mistakes.ts';
import { routeMistakes } from './route-mistakes.ts';

/** What no setting can know by itself, one sentence a mistake. */
export function mistakesTogether(checked: CheckedSettings): string[] {
  const { settings, written, nameOf } = checked;
  const mistakes: string[] = [];
  if (settings.database !== undefined) {
    const mistake = databaseMistake(settings.database);
    if (mistake !== undefined) mistakes.push(`${nameOf('database')}: ${mistake}`);
  }
  if (settings.key !== undefined && written.token === undefined) {
    mistakes.push(`${nameOf('key')}: belongs to the setting token, which is missing`);
  }
  return [...mistakes, ...pbxMistakes(checked), ...projectMistakes(checked), ...routeMistakes(checked)];
}
