import { migrateDatabase, migrationState } from '../app/migrate.ts';
import { loadSettings } from '../config.ts';
import { defineCommand } from './command.ts';
import { EXIT } from './exit-code.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'brings the database up to date, as the next start of the server would',
  details: `Updates the schema, and makes rows anew that were kept with another time zone, country or version. Killed in the
middle it leaves the old or the new; run again it goes on. Make a backup first: there is no way back.`,
  options: { 'dry-run': { type: 'boolean', description: 'only show what would be done' } },
  async run({ values, env, cwd, stdout, stderr }) {
    const settings = loadSettings({ env, cwd });
    const { path, version, newest, isOutdated } = migrationState(settings);
    if (version === newest && !isOutdated) {
      stdout.write(`${path} is up to date (schema ${newest})\n`);
      return EXIT.done;
    }
    const steps = [
      version === 0
        ? `made anew with schema ${newest}`
        : version < newest
          ? `schema ${version} to ${newest}`
          : undefined,
      isOutdated ? 'rows kept ready made anew' : undefined,
    ].filter((step) => step !== undefined);
    if (values['dry-run']) {
      stdout.write(`${path} would be changed: ${steps.join(', ')}\n`);
      return EXIT.done;
    }
    await migrateDatabase(settings, (text) => stderr.write(`${text}\n`));
    stdout.write(`${path}: ${steps.join(', ')}\n`);
    return EXIT.done;
  },
});
