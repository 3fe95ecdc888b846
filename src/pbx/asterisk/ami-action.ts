import { InvalidAmiActionError } from './ami-errors.ts';

/** Name and value, as they are meant to reach the PBX. */
export type AmiHeader = readonly [name: string, value: string];

/** Without its line end. Measured: 1,020 bytes are accepted (its buffer is 1,024 with the line end), more are refused or cut. */
export const MAX_LINE_BYTES = 1_020;
/** 129 are refused. */
export const MAX_HEADERS = 128;

/**
 * The bytes of one request, and the only place that makes any. The server does not defend itself: a line break in a value
 * would be a header of its own, a blank line an action of its own. So nothing is repaired here, but all is refused that
 * would not arrive exactly as meant.
 *
 * @throws {InvalidAmiActionError} which names the header and what is wrong with it, never its value (it may be a secret)
 */
export function formatAmiAction(headers: readonly AmiHeader[]): Buffer {
  if (headers[0]?.[0] !== 'Action') throw new InvalidAmiActionError('Action', 'must come first');
  if (headers.length > MAX_HEADERS) {
    throw new InvalidAmiActionError('Action', `has ${headers.length} headers, at most ${MAX_HEADERS} are allowed`);
  }
  return Buffer.from(`${headers.map(line).join('\r\n')}\r\n\r\n`);
}

/**
 * A channel variable for an Originate, one a header. The server parts the value at commas and takes quotes and backslashes
 * away, so each of them gets a backslash: whatever the value, one variable arrives, with that value.
 *
 * @throws {InvalidAmiActionError} for a name that is no identifier (`_` and `__` in front let it be inherited)
 */
export function amiVariable(name: string, value: string): AmiHeader {
  if (!/^_{0,2}[A-Za-z][A-Za-z0-9_]{0,79}$/.test(name)) {
    throw new InvalidAmiActionError('Variable', 'has a name that is no identifier of letters, digits and _');
  }
  return ['Variable', `${name}=${value.replace(/[\\",]/g, '\\$&')}`];
}

function line([name, value]: AmiHeader): string {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,79}$/.test(name)) {
    throw new InvalidAmiActionError(JSON.stringify(name), 'is no name for a header: allowed are letters, digits and -');
  }
  const mistake = mistakeOf(value);
  if (mistake !== undefined) throw new InvalidAmiActionError(name, mistake);
  const text = `${name}: ${value}`;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_LINE_BYTES) {
    throw new InvalidAmiActionError(name, `makes a line of ${bytes} bytes, at most ${MAX_LINE_BYTES} are allowed`);
  }
  return text;
}

function mistakeOf(value: string): string | undefined {
  // C0, DEL and C1, and the two line separators of Unicode, which some readers of a log or a dialplan obey.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value)) return 'holds a control character or a line break';
  // Would be written as U+FFFD.
  if (!value.isWellFormed()) return 'holds half of a character';
  // The server skips blanks before a value.
  if (value.startsWith(' ')) return 'begins with a blank';
  return undefined;
}
