import { isatty } from 'node:tty';
import { type DestinationStream, type LoggerOptions, type Logger as PinoLogger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Logger = PinoLogger & {
  /** Writes a line of JSON that is known to hold nothing to be taken out; not where lines are for people. */
  writeLine?(line: string): void;
};

export interface LoggerSettings {
  level: LoggerOptions['level'];
  /** Where lines go; default: standard error, so that standard output holds results only. */
  destination?: DestinationStream;
  /** For people instead of programs; default: when standard error is a terminal. */
  pretty?: boolean;
}

/**
 * One JSON object a line, or lines for people on a terminal. Whatever is logged passes `scrub`, so that neither a secret
 * nor a control character of a caller gets out, in whichever member it stands.
 */
export function createLogger(settings: LoggerSettings): Logger {
  const { level, destination = standardError() } = settings;
  const pretty = settings.pretty ?? (settings.destination === undefined && isatty(2));
  const prettify = prettyFactory({ colorize: pretty, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' });
  const logger: Logger = pino(
    {
      level: level ?? 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        streamWrite: (line) => (pretty ? (prettify(withoutControls(scrub(line))) ?? '') : scrub(line)),
      },
    },
    destination,
  );
  return pretty ? logger : Object.assign(logger, { writeLine: (line: string) => destination.write(line) });
}

const BATCH_MS = 5;

/**
 * Lines of a moment are written together. Measured with 16 connections: a write for each line cost 15 to 20 µs a request
 * (30 to 38 µs without a log), one for each turn of the event loop 4 µs where a turn held one request. An orderly or a
 * crashing exit writes what is left; a process that is killed takes the lines of its last 5 ms with it.
 */
export function batched(destination: DestinationStream): DestinationStream {
  let pending = '';
  const flush = () => {
    if (pending !== '') destination.write(pending);
    pending = '';
  };
  process.on('exit', flush);
  return {
    write(line) {
      if (pending === '') setTimeout(flush, BATCH_MS);
      pending += line;
    },
  };
}

let standardErrorLines: DestinationStream | undefined;

/** One for the process, however many loggers there are. */
function standardError(): DestinationStream {
  standardErrorLines ??= batched(pino.destination({ dest: 2, sync: true }));
  return standardErrorLines;
}

const SECRET_MEMBER = /("(?:authorization|cookie|password|secret|token|key|api_\w{1,20})":)"(?:[^"\\]|\\.)*"/gi;
const BEARER = /(Bearer )[\x21\x23-\x7e]+/gi;
const QUERY_SECRET = /(api_\w{1,20}=)[^&\s"\\]+/gi;
// Bounded repeats: an endless text without the character looked for must not take quadratic time.
const ADDRESS_SECRET = /(:\/\/)[^\s"/@]{1,200}@/g;
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/**
 * Takes secrets out of a line of JSON: members that hold them, `Authorization` values, `api_…` parameters in addresses,
 * user and password of addresses such as `ami://user:secret@host`. Escapes the control characters that JSON leaves as
 * they are (DEL, C1, line separators): some terminals obey them.
 */
export function scrub(line: string): string {
  return line
    .replace(SECRET_MEMBER, '$1"[secret]"')
    .replace(BEARER, '$1[secret]')
    .replace(QUERY_SECRET, '$1[secret]')
    .replace(ADDRESS_SECRET, '$1[secret]@')
    .replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A line of JSON whose texts hold no control characters but the line ends and tabs of a stack trace. */
function withoutControls(line: string): string {
  return line.replace(/\\(?:u(?:00[01][0-9a-f]|00[789][0-9a-f]|202[89])|.)/g, (escaped) =>
    escaped.length > 2 && !/^\\u007[0-9a-e]$/.test(escaped) ? '\\ufffd' : escaped,
  );
}
