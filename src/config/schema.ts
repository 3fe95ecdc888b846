import { isIP } from 'node:net';
import { type Static, Type } from 'typebox';
import { isTimeZoneName } from '../core/time-zone.ts';
import { pbxSchema } from './pbx-schema.ts';
import { inboundRouteSchema, projectSchema } from './project-schema.ts';
import { country, type SettingFacts, text, wholeNumber, word } from './setting-types.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const MOST_DAYS = 36_500;

const days = (description: string) =>
  Type.Integer({
    minimum: 1,
    maximum: MOST_DAYS,
    description,
    allowed: `a whole number from 1 to ${MOST_DAYS}`,
    defaultText: 'none: kept for ever',
  } satisfies SettingFacts & { minimum: number; maximum: number });

const limits = Type.Object(
  {
    body_bytes: wholeNumber(1024, 1024 ** 3, {
      description: 'Largest request body.',
      default: 16 * 1024 ** 2,
      unit: 'bytes',
    }),
    parameters: wholeNumber(100, 10_000_000, {
      description: 'Most parameters in one request, whatever its notation.',
      default: 100_000,
    }),
    depth: wholeNumber(3, 100, {
      description: 'Deepest nesting of parameters; the request itself is level 1.',
      default: 8,
    }),
    connections: wholeNumber(1, 1_000_000, {
      description: 'Open connections at most; further ones are answered 503.',
      default: 10_000,
    }),
    large_bodies: wholeNumber(1, 10_000, {
      description: 'Request bodies over 1 MiB that are received at the same time.',
      default: 8,
    }),
    event_streams: wholeNumber(1, 1_000_000, {
      description:
        'Open streams of changes at most; further ones are answered 503. One that is not read may hold 256 KiB.',
      default: 1000,
    }),
    headers_timeout_seconds: wholeNumber(1, 3600, {
      description: 'Time that a client has for sending the headers of a request.',
      default: 10,
      unit: 'seconds',
    }),
    request_timeout_seconds: wholeNumber(1, 3600, {
      description: 'Time that a client has for sending a whole request.',
      default: 60,
      unit: 'seconds',
    }),
    failed_logins_per_minute: wholeNumber(1, 1_000_000, {
      description: 'Failed logins of one address before it is answered 429. Valid tokens always pass.',
      default: 200,
    }),
  },
  { additionalProperties: false },
);

/** Every setting, by its name in the file. CALLQUEUE_ and the name in capitals is the variable. */
export const settingsSchema = Type.Object(
  {
    database: text({
      description:
        'Where the calls are kept: `sqlite:` and the path of a file, or a database of PostgreSQL 15 or newer, which several instances may share. A relative path starts at the working directory; the folder is made when it is missing. A database of PostgreSQL must be there; its tables are made.',
      allowed:
        '`sqlite:` and the path of a file, such as sqlite:./data/callqueue.db, or postgres://user:password@host/database',
      default: 'sqlite:./data/callqueue.db',
    }),
    host: text({
      pattern: '^[^\\s/]+$',
      maxLength: 253,
      description:
        'Address to listen on. `127.0.0.1` is reached from this machine only, `0.0.0.0` and `::` from everywhere: put TLS in front then.',
      allowed: 'an IP address or a host name',
      default: '127.0.0.1',
    }),
    port: wholeNumber(0, 65535, { description: 'TCP port to listen on; 0 takes a free one.', default: 8080 }),
    timezone: Type.Refine(
      text({
        description: 'IANA name of the time zone in which the API reads and writes times.',
        allowed: 'an IANA name such as Europe/Bucharest',
        defaultText: "the machine's",
      }),
      isTimeZoneName,
    ),
    country: Type.Optional(
      country({
        description: 'Country whose national numbers are understood, for projects that name none.',
        defaultText: 'none: numbers are compared as they are written',
      }),
    ),
    token: Type.Optional(
      text({
        pattern: '^[\\x21-\\x7e]+$',
        maxLength: 200,
        secret: true,
        description:
          'When set, an admin token with this value exists from the start; it ends when the setting changes or goes. Take 32 random characters or more.',
        allowed: '1 to 200 printable ASCII characters without blanks',
        defaultText: 'none',
      }),
    ),
    key: Type.Optional(
      text({
        maxLength: 200,
        secret: true,
        description: 'Key for `api_hash` of that token. Without it requests of that token need no hash.',
        allowed: '1 to 200 characters',
        defaultText: 'none',
      }),
    ),
    log: word(LOG_LEVELS, { description: 'The least severity that is logged.', default: 'info' }),
    instance: text({
      pattern: '^[\\x21-\\x7e]+$',
      maxLength: 100,
      description: 'Name of this instance, by which people tell several over one database apart.',
      allowed: '1 to 100 printable ASCII characters without blanks',
      defaultText: "the machine's host name",
    }),
    metrics_open: Type.Boolean({
      description: 'Whether `/metrics` is answered without a token.',
      allowed: 'true or false',
      default: false,
    } satisfies SettingFacts),
    unsafe_database: Type.Boolean({
      description:
        'Whether a PostgreSQL with `fsync=off` is taken, which forgets calls, or loses all of them, when the power fails. Only to try things out.',
      allowed: 'true or false',
      default: false,
    } satisfies SettingFacts),
    read_lists: Type.Boolean({
      description:
        'Whether filters that are asked again are answered from lists that each instance keeps in memory (up to 288 MiB). The answers are the same without, and slower.',
      allowed: 'true or false',
      default: true,
    } satisfies SettingFacts),
    trusted_proxies: Type.Array(
      Type.Refine(
        text({ description: 'An address or a range.', allowed: 'an IP address or a range such as 10.0.0.0/8' }),
        isAddressRange,
      ),
      {
        maxItems: 1000,
        description:
          'Reverse proxies whose `X-Forwarded-For` is believed, as addresses or ranges. In a variable: separated by commas.',
        allowed: 'a list of IP addresses or ranges such as 10.0.0.0/8',
        default: [],
      } satisfies SettingFacts,
    ),
    projects: Type.Array(projectSchema, {
      minItems: 1,
      maxItems: 10_000,
      description: 'What the calls are grouped by. In a variable: the list as JSON or one-line YAML.',
      allowed: 'a list of projects, such as [{id: 1, name: Sales, country: RO}]',
      default: [{ id: 1 }],
      defaultText: 'one project with the number 1',
    } satisfies SettingFacts),
    inbound_routes: Type.Array(inboundRouteSchema, {
      maxItems: 100_000,
      description:
        'Numbers of the house, and what belongs to each: its project, and what becomes of calls missed there. In a variable: the list as JSON or one-line YAML.',
      allowed: 'a list of routes, such as [{id: 12, did: "+441632960000", project: 1}]',
      default: [],
    } satisfies SettingFacts),
    repeat_window_seconds: wholeNumber(0, 7 * 24 * 3600, {
      description:
        'How long after a call was closed saving it again, unchanged, is taken for a late repeat that makes no second call.',
      default: 3600,
      unit: 'seconds',
    }),
    keep_history_days: Type.Optional(days('Days after which an entry of the history of a call is removed.')),
    keep_changes_days: wholeNumber(1, MOST_DAYS, {
      description:
        'Days after which an entry of the change feed is removed. A reader that was away for longer must read all calls again.',
      default: 30,
      unit: 'days',
    }),
    keep_closed_calls_days: Type.Optional(
      days('Days after which a call that was completed, cancelled or deleted is removed, with its history.'),
    ),
    pbx: pbxSchema,
    limits,
  },
  { additionalProperties: false },
);

/** The settings as the file writes them. */
export type WrittenSettings = Static<typeof settingsSchema>;
