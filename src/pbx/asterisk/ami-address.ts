import { InvalidSettingsError } from '../../core/errors.ts';

/** Where a manager port is and who we are there. */
export interface AmiAddress {
  host: string;
  port: number;
  /** `amis://`: encrypted. */
  isEncrypted: boolean;
  user: string;
  secret: string;
}

const EXPECTED = 'ami://user:secret@host:5038, or amis://user:secret@host:5039 for TLS';

/**
 * Reads `ami://user:secret@host:port` or `amis://…`; without a port 5038, with TLS 5039, as Asterisk has them. Characters of
 * user and secret that mean something in an address are written as in any address: `%2F` for `/`.
 *
 * @throws {InvalidSettingsError} that names the setting and never shows the secret
 */
export function parseAmiAddress(text: string, setting = 'pbx.url'): AmiAddress {
  const refuse = (mistake: string): never => {
    throw new InvalidSettingsError([`${setting}: ${mistake} (expected ${EXPECTED})`]);
  };
  const url = URL.parse(text);
  if (url === null)
    return refuse('cannot be read as an address; / ? # @ % in the secret are written %2F %3F %23 %40 %25');
  if (url.protocol !== 'ami:' && url.protocol !== 'amis:') return refuse('begins with neither ami:// nor amis://');
  if (url.hostname === '') return refuse('names no host');
  if (url.port === '0') return refuse('names port 0, allowed are 1 to 65535');
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return refuse('goes on after the port; / ? # in the secret are written %2F %3F %23');
  }
  const user = decoded(url.username) ?? refuse('has a user that is not percent-encoded rightly');
  const secret = decoded(url.password) ?? refuse('has a secret that is not percent-encoded rightly; % is written %25');
  if (user === '') return refuse('names no user');
  if (secret === '') return refuse('has no secret');
  if (/[\p{Cc}\u2028\u2029]/u.test(user + secret)) return refuse('has control characters in user or secret');
  const isEncrypted = url.protocol === 'amis:';
  return {
    // An IPv6 address stands in brackets within an address, and without them everywhere else.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isEncrypted ? 5039 : 5038) : Number(url.port),
    isEncrypted,
    user,
    secret,
  };
}

/** Whether the host is this machine, so that nobody can listen on the way. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
