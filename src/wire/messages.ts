import type { Gate, Problem, Status, TimeFormat } from '../../client/src/contract.ts';

/**
 * Every sentence that a caller of the API can see, and the code that stands beside it. Nothing else in wire/ or http/
 * puts words into an answer. docs/api.md lists the codes from this file.
 */

const QUOTED_LENGTH = 100;

/** A value as messages quote it: one line, at most 100 characters, no control characters. */
export function quoted(value: string): string {
  const cut = value.length > QUOTED_LENGTH ? `${value.slice(0, QUOTED_LENGTH)}…` : value;
  // Lone surrogates stand for bytes that were not UTF-8 (parameters.ts).
  return cut.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
}

function problem(code: string, message: string, field: string | null = null, row: number | null = null): Problem {
  return { code, message, field, row };
}

export const messages = {
  missingAction: () => problem('missing_action', 'Missing action', 'action'),
  invalidAction: (action: string) => problem('invalid_action', `Invalid action: ${quoted(action)}`, 'action'),
  actionMismatch: (path: string, action: string) =>
    problem(
      'invalid_action',
      `Invalid action: ${quoted(action)} (the address names ${quoted(path)}; they must agree)`,
      'action',
    ),
  invalidParameter: (name: string) => problem('invalid_parameter', `Invalid parameter: ${quoted(name)}`, quoted(name)),
  invalidValue: (name: string, value: string, expected: string) =>
    problem('invalid_value', `Invalid value for ${name}: ${quoted(value)} (expected ${expected})`, name),
  invalidPage: (value: string) =>
    problem('invalid_page', `Invalid page: ${quoted(value)} (expected a whole number from 1)`, 'page'),
  invalidFilters: (value: string) =>
    problem(
      'invalid_filters',
      `Invalid filters: ${quoted(value)} (expected a map of filter names to values)`,
      'filters',
    ),
  invalidFilter: (name: string) =>
    problem('invalid_filter', `Invalid filter: ${quoted(name)}`, `filters.${quoted(name)}`),
  invalidFilterValue: (name: string, value: string, expected: string) =>
    problem(
      'invalid_filter_value',
      `Invalid value for filter ${name}: ${quoted(value)} (expected ${expected})`,
      `filters.${name}`,
    ),
  missingValue: (name: string) => problem('missing_value', `Missing ${name}`, name),
  invalidData: (value: string) =>
    problem('invalid_data', `Invalid data: ${quoted(value)} (expected a map of fields)`, 'data'),
  invalidRow: (value: string) => problem('invalid_value', `Invalid row: ${quoted(value)} (expected a map of fields)`),
  unknownField: (name: string) => problem('unknown_field', `Unknown field ${quoted(name)}`, quoted(name)),
  givenTwice: (name: string) =>
    problem('invalid_value', `Invalid ${name}: it stands in data and beside it (give it once)`, name),
  notTogether: (one: string, other: string) =>
    problem('invalid_value', `Invalid ${one}: it does not go with ${other} (leave one of them out)`, one),
  missingDoNotCall: () => problem('missing_value', 'Missing add: give numbers to add or to remove, or list', 'add'),
  missingRows: () =>
    problem(
      'missing_value',
      'Missing ids: name the calls by ids, by project_id and external_ids, or by filters and expect',
      'ids',
    ),
  noFilterApplied: () =>
    problem(
      'invalid_filters',
      'Invalid filters: none of them is applied (expected at least one with a value)',
      'filters',
    ),
  namedTwice: (id: number) => problem('invalid_value', `Invalid value for id: ${id} (expected each call once)`, 'id'),
  contextNotAllowed: (name: string) =>
    problem(
      'context_not_allowed',
      `Invalid value for destination: ${quoted(name)} (expected a context that the settings allow calls to be sent to)`,
      'destination',
    ),
  differentKeys: () =>
    problem(
      'invalid_value',
      'Invalid idempotency_key: the header Idempotency-Key has another value (give one of them)',
      'idempotency_key',
    ),
  unknownColumn: (name: string) =>
    problem('unknown_column', `Unknown column: ${quoted(name)} (expected the members of a row)`, quoted(name)),
  unknownProject: (projectId: number) => problem('unknown_project', `Unknown project: ${projectId}`, 'project_id'),
  typeWithoutDestination: () =>
    problem('missing_value', 'type and destination go together: give both or neither', 'destination'),
  missingDestination: () =>
    problem(
      'missing_value',
      'Missing type and destination: a call with outbound_type auto and attend_type attended needs an agent to ring',
      'destination',
    ),
  invalidCursor: (value: string) =>
    problem(
      'invalid_cursor',
      `Invalid cursor: ${quoted(value)} (expected next_cursor of an answer, or an empty text to start)`,
      'cursor',
    ),
  cursorWithout: (name: string) =>
    problem('invalid_cursor', `Invalid cursor: it does not go with ${name} (leave one of them out)`, 'cursor'),
  invalidJson: (line: number, column: number, reason: string) =>
    problem('invalid_json', `Invalid JSON at line ${line}, column ${column}: ${reason}`),
  invalidMultipart: (reason: string) => problem('invalid_multipart', `Invalid multipart/form-data body: ${reason}`),
  jsonAsForm: (contentType: string) =>
    problem(
      'unsupported_content_type',
      `The body looks like JSON but its Content-Type is ${contentType === '' ? 'missing' : quoted(contentType)}: send it with Content-Type: application/json`,
    ),
  tooManyParameters: (limit: number) =>
    problem('too_many_parameters', `Too many parameters: at most ${limit} values are accepted`),
  parametersTooDeep: (limit: number) =>
    problem(
      'parameters_too_deep',
      `Parameters are nested too deeply: at most ${limit} levels are accepted, the request itself is the first`,
    ),
  namesTooLong: (limit: number) =>
    problem(
      'names_too_long',
      `Parameter names too long: written out before each value they may have ${limit} characters in all`,
    ),
  listFull: () => problem('invalid_parameter', 'A [] follows the greatest number that a list can have'),

  missingToken: () => problem('missing_token', 'Missing API token'),
  invalidToken: () => problem('invalid_token', 'Invalid API token'),
  missingHash: () => problem('missing_hash', 'Missing api_hash', 'api_hash'),
  invalidHash: () => problem('invalid_hash', 'Invalid api_hash', 'api_hash'),
  invalidTime: (value: string, seconds: number) =>
    problem(
      'invalid_time',
      `Invalid api_time: ${quoted(value)} (expected the seconds since 1970 of this moment, at most ${seconds} off)`,
      'api_time',
    ),
  actionNotAllowed: (action: string) => problem('action_not_allowed', `This token may not ${action}`),
  projectNotAllowed: (projectId: number) =>
    problem('project_not_allowed', `This token may not use project ${projectId}`, 'project_id'),
  allProjectsNotAllowed: () =>
    problem('project_not_allowed', 'This token may not use all projects (name one in project_id)', 'project_id'),
  doNotCallNotAllowed: () =>
    problem('action_not_allowed', 'This token may not change the do-not-call list (that needs scope write)'),
  agentNotAllowed: (agent: string) =>
    problem(
      'agent_not_allowed',
      `This token may not act for another agent than ${quoted(agent)} (that needs scope admin)`,
      'agent',
    ),
  forceNotAllowed: () => problem('force_not_allowed', 'This token may not force (that needs scope admin)', 'force'),

  unknownCall: (id: number) => problem('unknown_call', `Unknown call: ${id}`, 'id'),
  unknownExternalId: (externalId: string) =>
    problem('unknown_call', `Unknown call: external_id ${quoted(externalId)}`, 'external_ids'),
  wrongStatus: (id: number, status: Status) =>
    problem('wrong_status', `Call ${id} is ${status}, which does not allow this`, 'id'),
  notHeld: (id: number) => problem('not_held', `Call ${id} is pending: nobody holds it, claim it first`, 'id'),
  held: (id: number, by: string, until: string | null) =>
    problem('held', `Call ${id} is inprogress, held by ${quoted(by)}${until === null ? '' : ` until ${until}`}`, 'id'),
  beingDialled: (id: number) => problem('being_dialled', `Call ${id} is inprogress: it is being dialled`, 'id'),
  changedSince: (id: number, at: string) =>
    problem('changed_since', `Call ${id} was changed at ${at}: read it again`, 'expected_updated_at'),
  retriesUsed: (id: number, maxRetries: number) =>
    problem(
      'retries_used',
      `Call ${id} has no retries left: max_retries is ${maxRetries} (leave retry_at out to close it)`,
      'retry_at',
    ),
  destinationMissing: (id: number) =>
    problem(
      'destination_missing',
      `Call ${id} would have outbound_type auto and attend_type attended without type and destination: no agent to ring`,
      'destination',
    ),
  duplicateCall: (id: number, of: number) =>
    problem(
      'duplicate_call',
      `Call ${id} would be the same as the open call ${of}: project, external_id and number agree`,
      'id',
    ),
  unexpectedCount: (matched: number, expected: number) =>
    problem(
      'unexpected_count',
      `Expected calls: ${expected}, but the filters match ${matched}; nothing was changed`,
      'expect',
    ),
  keyReused: () =>
    problem(
      'key_reused',
      'This idempotency key belongs to another request (take a new key for a new request)',
      'idempotency_key',
    ),

  notFound: (path: string) => problem('not_found', `Unknown address: ${quoted(path)} (the API is at /api/call-queue)`),
  methodNotAllowed: (method: string, allowed: string) =>
    problem('method_not_allowed', `Method ${quoted(method)} is not allowed here (use ${allowed})`),
  bodyTooLarge: (limit: number) =>
    problem('body_too_large', `Request body too large: at most ${limit} bytes are accepted, send it in parts`),
  bodyEncoded: (encoding: string) =>
    problem('unsupported_encoding', `Unsupported Content-Encoding: ${quoted(encoding)} (send the body uncompressed)`),
  bodyIncomplete: () => problem('incomplete_body', 'The request body ended before it was complete'),
  malformedRequest: () => problem('malformed_request', 'Malformed HTTP request'),
  malformedAddress: (path: string) =>
    problem('malformed_address', `Malformed address: ${quoted(path)} (its percent-encoding cannot be read)`),
  missingHost: () => problem('malformed_request', 'Missing Host header (HTTP/1.1 requires it)'),
  headersTooLarge: (limit: number) =>
    problem(
      'headers_too_large',
      `Address and headers too large: at most ${limit} bytes are accepted, send long parameters as the body of a POST`,
    ),
  requestTimeout: () => problem('request_timeout', 'The request was not received in time'),
  tooManyConnections: () => problem('too_many_connections', 'Too many connections, try again'),
  tooManyLargeBodies: (limit: number) =>
    problem('too_many_large_bodies', `More than ${limit} large requests at the same time, try again`),
  tooManyStreams: (limit: number) =>
    problem('too_many_streams', `More than ${limit} streams of changes are open, try again`),
  tooManyExports: (limit: number) =>
    problem('too_many_exports', `More than ${limit} exports at the same time, try again`),
  invalidLastEventId: (value: string) =>
    problem(
      'invalid_value',
      `Invalid Last-Event-ID: ${quoted(value)} (expected the id of an event of this stream, a whole number)`,
    ),
  tooManyFailedLogins: (seconds: number) =>
    problem('too_many_failed_logins', `Too many failed logins from this address, try again in ${seconds} seconds`),
  starting: () => problem('starting', 'The service is starting, try again'),
  stopping: () => problem('stopping', 'The service is stopping, try again'),

  storeUnavailable: () => problem('store_unavailable', 'The database is not available at the moment, try again'),
  storeOutcomeUnknown: () =>
    problem(
      'store_outcome_unknown',
      'The database failed while this was being stored: it may have been stored or not. Send it again with the same Idempotency-Key or external_id, or read before you repeat it',
    ),
  internalError: (reference: string) => problem('internal_error', `Internal error (reference ${reference})`),
} as const;

/** Comments in a stream of changes, for people who look at it; programs pass them over. */
export const streamComments = {
  alive: () => 'alive',
  tooSlow: () => 'ended because it was not read: come back with Last-Event-ID, nothing is lost',
  revoked: () => 'ended because the token was revoked',
  stopping: () => 'ended because the service is stopping: come back with Last-Event-ID, nothing is lost',
  failed: () => 'ended because of an error: come back with Last-Event-ID, nothing is lost',
} as const;

/** A problem of a field inside `data`. */
export function inData(found: Problem): Problem {
  return { ...found, field: found.field === null ? 'data' : `data.${found.field}` };
}

/** A problem of one row, counted from 1, of the calls that `save` or `update` brings. */
export function inRow(action: 'Save' | 'Update', row: number, found: Problem): Problem {
  const sentence = found.message.charAt(0).toLowerCase() + found.message.slice(1);
  const field = found.field === null ? 'data.calls' : `data.calls.${found.field}`;
  return { ...found, message: `${action} error for row ${row}: ${sentence}`, field, row };
}

const DATE_TIME = {
  local: 'a date-time as Y-m-d H:i:s',
  rfc3339: 'a date-time as Y-m-d H:i:s, or RFC 3339 with its offset',
} as const satisfies Record<TimeFormat, string>;

/** What stands behind the place in `invalidJson`. */
export const jsonProblems = {
  topLevel: () => 'an object of parameters, { … }',
  end: () => 'nothing behind the closing }',
  name: () => 'a name in double quotes',
  colon: () => 'a colon',
  value: () => 'a value',
  quote: () => 'a closing double quote',
  commaOrBrace: () => 'a comma or }',
  commaOrBracket: () => 'a comma or ]',
  escapedControl: () => 'control characters to be escaped',
  expectedNot: (expected: string, found: string) => `expected ${expected}, found ${visible(found)}`,
  expectedNotEnd: (expected: string) => `expected ${expected}, found the end`,
  escape: (found: string) => `${visible(found)} is no escape that stands for a character`,
  notUtf8: (byte: number) => `byte 0x${byte.toString(16).toUpperCase()} is not part of valid UTF-8`,
} as const;

/** Why a multipart body cannot be read. */
export const multipartProblems = {
  noBoundary: () => messages.invalidMultipart('its Content-Type names no boundary of 1 to 70 characters'),
  truncated: () => messages.invalidMultipart('it ends before its closing boundary'),
  headersTooLong: (part: number, limit: number) =>
    messages.invalidMultipart(`the headers of part ${part} do not end within ${limit} bytes`),
  noName: (part: number) => messages.invalidMultipart(`part ${part} has no Content-Disposition header with a name`),
  file: (name: string) => messages.invalidMultipart(`${quoted(name)} is a file, only fields are accepted`),
} as const;

/** A piece of the request as found; what cannot be seen by its number. */
function visible(found: string): string {
  const code = found.codePointAt(0) ?? 0;
  return /[\p{C}\p{Z}]/u.test(found) ? `U+${code.toString(16).toUpperCase().padStart(4, '0')}` : quoted(found);
}

/** What would have been right, in the words that stand behind `expected` in a message. */
export const expected = {
  wholeNumberFrom: (min: number) => `a whole number from ${min}`,
  wholeNumber: (min: number, max: number) => `a whole number from ${min} to ${max}`,
  word: (words: readonly string[]) => words.join(', '),
  boolean: () => 'true or false',
  text: (min: number, max: number) =>
    min > 1 ? `a text of ${min} to ${max} characters` : `a text of at most ${max} characters`,
  textFrom1: (max: number) => `a text of 1 to ${max} characters`,
  severalLines: (max: number) =>
    `a text of at most ${max} characters without control characters other than line breaks and tabs`,
  calls: (max: number) => `a list of 1 to ${max} calls`,
  utf8: () => 'a text in UTF-8',
  noControlCharacters: () => 'a text without control characters',
  phoneNumber: () => 'a phone number',
  dialableNumber: () => '3 to 20 digits, at most 15 after a +',
  unambiguousNumber: () => 'a number that begins with + and its country, as not all projects are of one country',
  timeToCome: () => 'a time to come',
  yesOrNumbers: (kind: string) => `true, or ${kind}`,
  pbxName: () => '1 to 79 of the characters A-Z a-z 0-9 _ . -',
  variables: () => 'a map of names to texts, numbers or booleans',
  variableName: () => 'variable names of letters, digits and _, not beginning with a digit',
  harmlessVariable: () => 'variable names that mean nothing to the PBX itself',
  smallVariables: (bytes: number) => `variables of at most ${bytes} bytes as JSON`,
  dateTime: (format: TimeFormat) => DATE_TIME[format],
  between: (format: TimeFormat) => `a list [from, to], each null or ${DATE_TIME[format]}`,
  order: () => 'from before to',
  shorterList: (max: number) => `at most ${max} values`,
} as const;

/** Why a call is not being dialled, for people. */
export const waitingTexts = {
  schedule: 'Its time has not come',
  retry_delay: 'The pause after the last attempt runs',
  calling_hours: 'Outside the calling hours of the project',
  do_not_call: 'The number is on the do-not-call list',
  frequency_cap: 'The number was called often enough for now',
  number_not_allowed: 'Numbers of this country or kind are not allowed for the project',
  fraud_guard: 'The ceiling of calls per hour is reached',
  restored: 'A backup was restored and nobody has resumed dialling',
  clock: 'The clock of the machine has just jumped',
  customer_on_line: 'The customer is in a call or in a queue right now',
  no_agent: 'No agent is free',
  capacity: 'As many attempts run as are allowed',
  pbx_offline: 'There is no connection to the PBX',
  paused: 'Dialling is paused for the project or campaign',
  agent: 'It waits for an agent to claim it',
  claimed: 'Somebody works on it',
} as const satisfies Record<Gate, string>;
