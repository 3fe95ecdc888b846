import { existsSync, statSync } from 'node:fs';
import type { Settings } from '../../config.ts';
import { CallQueueError } from '../../core/errors.ts';
import { createTimeZone } from '../../core/time-zone.ts';
import { checkWritable, inspectDatabase } from '../../store/sqlite/inspect-database.ts';
import { createDerivation } from '../../wire/derivation.ts';
import { databasePath, isPostgres, projectsOf } from '../open-store.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { existingFolder, isWritable } from './folders.ts';
import { megabytes } from './megabytes.ts';
import { postgresFindings } from './postgres-findings.ts';
import { tokensFinding } from './tokens-finding.ts';

/** Whether the database is there, whole, writable and up to date, and whether anybody can log in. */
export async function* databaseFindings(settings: Settings): AsyncGenerator<Finding> {
  if (isPostgres(settings)) {
    yield* postgresFindings(settings);
    return;
  }
  const path = databasePath(settings);
  if (!existsSync(path)) {
    const folder = existingFolder(path);
    yield isWritable(folder)
      ? ok('database', `${path} is not there yet; the first start makes it`)
      : fail('database', `${path} cannot be made: no right to write in ${folder}`);
    return;
  }
  const timeZone = createTimeZone(settings.timezone);
  const derivation = createDerivation({ timeZone, projects: projectsOf(settings) });
  try {
    const { schema, damage, content, sqliteVersion } = inspectDatabase(path, derivation);
    if (damage.length > 0) {
      yield fail('database', `${path} is damaged (${damage[0]}); stop callqueue and put back a backup`);
      return;
    }
    const size = statSync(path).size + (existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0);
    yield ok('database', `${path}, ${megabytes(size)}, undamaged, SQLite ${sqliteVersion}`);
    await checkWritable(path, 2000);
    yield ok('database', 'can be written to');
    if (schema.version < schema.newest) {
      yield warn(
        'schema',
        `version ${schema.version} of ${schema.newest}; the next start or callqueue migrate updates it`,
      );
    }
    if (content === undefined) return;
    yield content.isDerived
      ? ok('calls', `${content.calls} calls`)
      : warn(
          'calls',
          `${content.calls} calls, kept with another time zone, country or version; the next start or callqueue migrate updates them`,
        );
    yield tokensFinding(content.validTokens, settings);
  } catch (error) {
    if (!(error instanceof CallQueueError)) throw error;
    yield fail('database', error.message);
  }
}
