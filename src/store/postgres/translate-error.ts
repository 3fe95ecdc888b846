import { CallQueueError, StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import type { LackOfTls } from './reach-server.ts';

/** What PostgreSQL answers, as the driver throws it: `code` is its SQLSTATE. */
interface PostgresError extends Error {
  code: string;
  severity?: string;
  constraint_name?: string;
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** What an error of ours was made of, else the error itself. */
function originOf(error: unknown): unknown {
  return error instanceof CallQueueError && error.cause !== undefined ? error.cause : error;
}

/** Whether it is an answer of PostgreSQL to a statement, and no trouble on the way to it. */
export function isAnswer(error: unknown): boolean {
  const origin = originOf(error);
  return origin instanceof Error && origin.name === 'PostgresError' && !isLoss(origin);
}

/** unique_violation */
export function isDuplicate(error: unknown): boolean {
  return codeOf(originOf(error)) === '23505';
}

/** Two transactions stood in each other's way: the same again may succeed. */
export function isConflict(error: unknown): boolean {
  // serialization_failure, deadlock_detected
  return ['40001', '40P01'].includes(codeOf(originOf(error)));
}

/** Somebody else held what was needed for longer than we wait. */
export function isLocked(error: unknown): boolean {
  return codeOf(originOf(error)) === '55P03';
}

/** PostgreSQL has no connection to give. */
export function isFull(error: unknown): boolean {
  // too_many_connections
  return codeOf(originOf(error)) === '53300';
}

/** In a transaction in which something has failed, whatever follows fails with this. */
export function isAftermath(error: unknown): boolean {
  return codeOf(originOf(error)) === '25P02';
}

/** What the driver calls a connection that ended, and what the system does. */
const LOSSES = new Set([
  ...['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT'],
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOENT',
  ],
]);

/** Whether the connection is, or will be, gone. */
export function isLoss(error: unknown): boolean {
  const code = codeOf(originOf(error));
  // Class 57P: the server is stopped, starts, or ended this connection. Class 08: connection exceptions.
  return LOSSES.has(code) || code.startsWith('57P') || code.startsWith('08') || code === '25P03';
}

/** As Node names what it finds wrong with a certificate. */
function isCertificateFault(code: string): boolean {
  return /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code);
}

/** For TLS that is asked for and not offered. Another host of the address may still come up and offer it. */
export function withoutTls({ hosts, isEverywhere }: LackOfTls, address: string, cause: unknown): CallQueueError {
  const message =
    `PostgreSQL does not offer TLS on ${hosts.join(', ')}, and the address of the database asks for it. Turn it on there ` +
    `(ssl = on), or write sslmode=disable where the way to it is to be trusted (${address})`;
  return isEverywhere ? new StoreUnusableError(message, { cause }) : new StoreUnavailableError(message, { cause });
}

/** The error of the store's own family for what PostgreSQL, or the way to it, says; anything else comes back as it is. */
export function translateError(error: unknown, address: string): unknown {
  if (error instanceof CallQueueError || !(error instanceof Error)) return error;
  const { code = '', message } = error as Partial<PostgresError> & Error;
  const unavailable = (text: string) => new StoreUnavailableError(`${text} (${address})`, { cause: error });
  const unusable = (text: string) => new StoreUnusableError(`${text} (${address})`, { cause: error });
  if (code === '25P03') return unavailable('PostgreSQL ended a transaction in which nothing happened for too long');
  if (code.startsWith('08') && /startup parameter/.test(message)) {
    return unusable(
      `The pooler in front of PostgreSQL refuses the connection: ${message}. Take that parameter out of the address of the ` +
        'database, and set it for the user instead (ALTER ROLE … SET …)',
    );
  }
  if (isCertificateFault(code)) {
    return unusable(
      `The certificate of PostgreSQL is not accepted: ${message}. Name the file of the authority that has signed it in ` +
        'the address of the database (sslrootcert=FILE) or in NODE_EXTRA_CA_CERTS, and in the address the host that it was made for',
    );
  }
  if (isLoss(error)) return unavailable(`PostgreSQL cannot be reached: ${message}`);
  switch (code) {
    case '53300':
      return unavailable(
        'PostgreSQL takes no more connections; raise its max_connections, or have each instance use fewer',
      );
    case '53100':
      return unavailable('There is no space left for the database; free some, nothing else is needed');
    case '57014':
      return unavailable('The database took too long');
    case '55P03':
      return unavailable('Another process is writing to the database');
    case '40001':
    case '40P01':
      return unavailable('Others were changing the same calls at the same time');
    case '25006':
      return unavailable('The database may not be written to: it is a standby, or was set to read only');
    case '28000':
    case '28P01':
      return unusable(
        `PostgreSQL refuses the user: ${message}. Check user and password in the address of the database`,
      );
    case '3D000':
      return unusable(`${message}. Make it with: createdb --encoding=UTF8 --template=template0 NAME`);
    case '42501':
      return unusable(`${message}. The user of callqueue must own its tables, or may create them in the schema`);
    default:
  }
  // insufficient_resources, system_error (of the machine or its disk)
  if (code.startsWith('53') || code.startsWith('58')) return unavailable(`PostgreSQL fails: ${message}`);
  // data_corrupted, index_corrupted
  if (code.startsWith('XX00'))
    return unusable(`The database is damaged: ${message}. Stop callqueue and put back a backup`);
  return error;
}
