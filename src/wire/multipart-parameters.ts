import { Buffer } from 'node:buffer';
import { textOfBytes } from './byte-text.ts';
import { messages, multipartProblems } from './messages.ts';
import type { ParameterLimits, ParameterMap } from './parameter.ts';
import { createPhpVariables } from './php-variables.ts';
import { Refusal } from './refusal.ts';

/**
 * The fields of a `multipart/form-data` body (RFC 7578); their names nest as those of any form. As in PHP a single line
 * feed does for a line end, and the type and encoding of a part mean nothing.
 *
 * Read from the whole body at once: with a limit on its size a stream would only make every caller asynchronous.
 * @throws Refusal 400 for a file, for a body that ends before its last boundary, and for too many or too deep names
 */
export function parseMultipart(body: Buffer, contentType: string, limits: ParameterLimits): ParameterMap {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) throw refused(multipartProblems.noBoundary());
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const variables = createPhpVariables(limits);

  let line = findDelimiter(body, delimiter, 0);
  for (let part = 1; ; part++) {
    if (line === undefined) throw refused(multipartProblems.truncated());
    if (line.isLast) return variables.all;
    if (part > limits.count) throw new Refusal(400, [messages.tooManyParameters(limits.count)]);
    const headers = parseHeaders(body, line.end, part);
    const following = findDelimiter(body, delimiter, headers.end);
    if (following === undefined) throw refused(multipartProblems.truncated());
    variables.set(headers.name, textOfBytes(body.subarray(headers.end, Math.max(headers.end, following.start))));
    line = following;
  }
}

interface DelimiterLine {
  /** Where the line end before it begins. */
  start: number;
  /** Behind its own line end. */
  end: number;
  isLast: boolean;
}

const [LINE_FEED, CARRIAGE_RETURN, DASH] = [0x0a, 0x0d, 0x2d];

/** The next line that is the delimiter and nothing else but blanks, or the delimiter and `--`. */
function findDelimiter(body: Buffer, delimiter: Buffer, from: number): DelimiterLine | undefined {
  for (let at = body.indexOf(delimiter, from); at !== -1; at = body.indexOf(delimiter, at + 1)) {
    if (at > 0 && body[at - 1] !== LINE_FEED) continue;
    const start = at === 0 ? 0 : at - (body[at - 2] === CARRIAGE_RETURN ? 2 : 1);
    let end = at + delimiter.length;
    if (body[end] === DASH && body[end + 1] === DASH) return { start, end: body.length, isLast: true };
    while (body[end] === 0x20 || body[end] === 0x09) end++;
    if (body[end] === CARRIAGE_RETURN) end++;
    if (body[end] === LINE_FEED) return { start, end: end + 1, isLast: false };
  }
  return undefined;
}

/** More than any client sends; keeps the header patterns away from the body. */
const MAX_HEADER_BYTES = 8192;

function parseHeaders(body: Buffer, start: number, part: number): { name: string; end: number } {
  const head = body.toString('latin1', start, Math.min(body.length, start + MAX_HEADER_BYTES));
  const separator = /^\r?\n|\n\r?\n/.exec(head);
  if (separator === null) throw refused(multipartProblems.headersTooLong(part, MAX_HEADER_BYTES));
  const end = separator.index + separator[0].length;
  const disposition = /^content-disposition[ \t]*:(.*)$/im.exec(head.slice(0, end))?.[1] ?? '';
  const parameters = headerParameters(disposition);
  const name = parameters.get('name');
  if (name === undefined) throw refused(multipartProblems.noName(part));
  const text = textOfBytes(Buffer.from(name, 'latin1'));
  if (parameters.has('filename') || parameters.has('filename*')) throw refused(multipartProblems.file(text));
  return { name: text, end: start + end };
}

function boundaryOf(contentType: string): string | undefined {
  const boundary = headerParameters(contentType).get('boundary');
  return boundary === undefined || boundary === '' || boundary.length > 70 ? undefined : boundary;
}

/** `; name=value; name="value"` with `\"` and `\\` inside quotes; names in lower case, the first of equal ones. */
function headerParameters(header: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const pattern = /;[ \t]*([^=;"\s]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;,\s]*))/gs;
  for (const [, name = '', quoted, bare = ''] of header.matchAll(pattern)) {
    const key = name.toLowerCase();
    // Only what had to be escaped is unescaped: Windows browsers sent paths with bare backslashes.
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(["\\])/g, '$1') ?? bare);
  }
  return parameters;
}

function refused(problem: ReturnType<typeof messages.invalidMultipart>): Refusal {
  return new Refusal(400, [problem]);
}
