import type { Settings } from '../../config.ts';
import { CallQueueError } from '../../core/errors.ts';
import { createTimeZone } from '../../core/time-zone.ts';
import { checkWritable, type DatabaseFacts, inspectDatabase } from '../../store/postgres/inspect-database.ts';
import { createDerivation } from '../../wire/derivation.ts';
import { projectsOf } from '../open-store.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { megabytes } from './megabytes.ts';
import { tokensFinding } from './tokens-finding.ts';

const OLDEST_POSTGRES = 15;
/** Nobody sees a difference below the resolution of the API. */
const CLOCK_MS = 1_000;

/** Whether PostgreSQL can be reached, is safe to keep calls in, writable and up to date, and whether anybody can log in. */
export async function* postgresFindings(settings: Settings): AsyncGenerator<Finding> {
  const timeZone = createTimeZone(settings.timezone);
  const derivation = createDerivation({ timeZone, projects: projectsOf(settings) });
  try {
    const facts = await inspectDatabase(settings.database, derivation);
    const { address, server, bytes, schema, content } = facts;
    yield ok('database', `${address}, ${megabytes(bytes)}, PostgreSQL ${server.version}`);
    yield* serverFindings(facts, settings);
    await checkWritable(settings.database);
    yield ok('database', 'can be written to');
    if (schema.version < schema.newest) {
      const state = schema.version === 0 ? 'no tables yet' : `version ${schema.version} of ${schema.newest}`;
      yield warn('schema', `${state}; the next start or callqueue migrate updates it`);
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

function* serverFindings({ server, aheadMs }: DatabaseFacts, settings: Settings): Generator<Finding> {
  const { version, encoding, fsync, synchronousCommit, isStandby } = server;
  if (version < OLDEST_POSTGRES)
    yield fail('database', `PostgreSQL ${version} is too old; ${OLDEST_POSTGRES} is needed`);
  if (encoding !== 'UTF8') yield fail('database', `is encoded as ${encoding}; make another one, as UTF8`);
  if (isStandby)
    yield fail('database', 'is a standby; name the primary, or all hosts with target_session_attrs=read-write');
  if (fsync !== 'on') {
    const text = `fsync=${fsync}: calls are forgotten when the power fails; set it to on`;
    yield settings.unsafeDatabase ? warn('database', text) : fail('database', text);
  }
  if (!['on', 'remote_apply'].includes(synchronousCommit)) {
    yield warn(
      'database',
      `synchronous_commit=${synchronousCommit}: calls are acknowledged before they are durable; set it to on`,
    );
  }
  if (Math.abs(aheadMs) > CLOCK_MS) {
    const seconds = Math.round(aheadMs / 1000);
    yield warn(
      'database',
      `its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine's; leases run by the database's`,
    );
  }
}
