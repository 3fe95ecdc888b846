import { migrateDatabase, migrationState } from '../app/migrate.ts';
import { loadSettings } from '../config.ts';
import { defineCommand } from './command.ts';
import { UsageError } from './command-errors.ts';
import { EXIT } from './exit-code.ts';
import { migrateTo } from './migrate-to.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'brings the database up to date as the next start would, or hands all of it to PostgreSQL',
  details: `Updates the schema, and makes rows anew that were kept with another time zone, country or version. Killed in the
middle it leaves the old or the new; run again it goes on. Make a backup first: there is no way back.

With --to, all of a SQLite database (ids, history, change feed, tokens) is copied to PostgreSQL in one transaction, read back
and compared; the file stays as it was. The server has to be stopped, so that nothing is left behind. Run again it
compares. A password is best given in PGPASSWORD, as others on this machine can read command lines.`,
  options: {
    to: { type: 'string', value: 'postgres://…', description: 'copy everything to this database, which must be there' },
    replace: { type: 'boolean', description: 'with --to: remove what that database holds' },
    'while-running': {
      type: 'boolean',
      description: 'with --to: as of one moment, beside a running server; to try things out',
    },
    'dry-run': { type: 'boolean', description: 'only show what would be done' },
  },
  async run({ values, env, cwd, stdout, stderr, signal }) {
    const settings = loadSettings({ env, cwd });
    if (values.to !== undefined) {
      return migrateTo(
        {
          settings,
          to: values.to,
          isCopyOnly: values['while-running'] ?? false,
          isReplacing: values.replace ?? false,
          isDryRun: values['dry-run'] ?? false,
        },
        { stdout, stderr, signal },
      );
    }
    if (values.replace || values['while-running']) throw new UsageError('--replace and --while-running need --to');
    const { path, version, newest, isOutdated } = await migrationState(settings);
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
