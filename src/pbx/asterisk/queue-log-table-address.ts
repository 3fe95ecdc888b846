import { InvalidSettingsError } from '../../core/errors.ts';
import { createTimeZone, isTimeZoneName, type TimeZone } from '../../core/time-zone.ts';

/** Which table of which database holds the record of queues. */
export interface QueueLogTableAddress {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  /** As in libpq; `prefer` takes encryption where the server offers it. */
  encryption: (typeof ENCRYPTIONS)[number];
  schema: string | undefined;
  table: string;
  /** In which local time the PBX writes, where the column says no zone. */
  zone: TimeZone;
}

const ENCRYPTIONS = ['disable', 'prefer', 'require', 'verify-full'] as const;
/** Nothing that would have to be doubled or escaped between quotes. */
const TABLE = /^(?:([A-Za-z0-9_]{1,63})\.)?([A-Za-z0-9_]{1,63})$/;
const EXPECTED = 'postgres://user:password@host/database?table=queue_log';

/**
 * Reads `postgres://user:password@host:5432/database?table=schema.queue_log&zone=Europe/Berlin&sslmode=require`. Without
 * `table` it is `queue_log`, without `zone` the PBX has the time zone of this machine. Names are taken letter by letter, as
 * between quotes in SQL.
 *
 * @throws {InvalidSettingsError} that names the setting and never shows the password
 */
export function parseQueueLogTableAddress(text: string, setting = 'pbx.queue_log'): QueueLogTableAddress {
  const refuse = (mistake: string): never => {
    throw new InvalidSettingsError([`${setting}: ${mistake} (expected ${EXPECTED})`]);
  };
  const url = URL.parse(text);
  if (url === null || url.hostname === '')
    return refuse('cannot be read as an address; / ? # @ % in the password are written %2F %3F %23 %40 %25');
  if (!/^postgres(?:ql)?:$/.test(url.protocol)) return refuse('begins with neither postgres:// nor postgresql://');
  const database = decoded(url.pathname.slice(1));
  if (database === undefined || !/^[^/\0]+$/.test(database)) return refuse('names no database');
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (user === undefined || user === '') return refuse('names no user');
  if (password === undefined) return refuse('has a password that is not percent-encoded rightly; % is written %25');
  const { table = 'queue_log', zone = localZone(), sslmode = 'prefer', ...others } = parametersOf(url);
  const [odd] = Object.keys(others);
  if (odd !== undefined) return refuse(`has a parameter other than table, zone and sslmode`);
  const [, schema, name] = TABLE.exec(table) ?? [];
  if (name === undefined) return refuse('names a table with other characters than A-Z a-z 0-9 _');
  if (!isTimeZoneName(zone)) return refuse('names a zone that is none, such as Europe/Berlin or UTC');
  const encryption = ENCRYPTIONS.find((word) => word === sslmode);
  if (encryption === undefined) return refuse(`has an sslmode other than ${ENCRYPTIONS.join(', ')}`);
  return {
    ...{ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port === '' ? 5432 : Number(url.port) },
    ...{ database, user, password, encryption, schema, table: name, zone: createTimeZone(zone) },
  };
}

/** Of one that is given twice, the last. */
function parametersOf(url: URL): Record<string, string> {
  return Object.fromEntries(url.searchParams);
}

function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
