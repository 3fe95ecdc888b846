import type { Problem } from '../../client/src/contract.ts';

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
  invalidJson: (line: number, column: number, reason: string) =>
    problem('invalid_json', `Invalid JSON at line ${line}, column ${column}: ${reason}`),

  missingToken: () => problem('missing_token', 'Missing API token'),
  invalidToken: () => problem('invalid_token', 'Invalid API token'),
  missingHash: () => problem('missing_hash', 'Missing api_hash', 'api_hash'),
  invalidHash: () => problem('invalid_hash', 'Invalid api_hash', 'api_hash'),
  actionNotAllowed: (action: string) => problem('action_not_allowed', `This token may not ${action}`),
  projectNotAllowed: (projectId: number) =>
    problem('project_not_allowed', `This token may not use project ${projectId}`, 'project_id'),

  internalError: (reference: string) => problem('internal_error', `Internal error (reference ${reference})`),
} as const;
