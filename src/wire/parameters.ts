import type { ParameterLimits, ParameterMap } from './parameter.ts';

export type { Parameter, ParameterLimits, ParameterMap } from './parameter.ts';

/** What of an HTTP request carries its parameters. */
export interface ParameterSource {
  method: 'GET' | 'POST';
  /** The header as received; undefined when there is none. */
  contentType: string | undefined;
  /** What follows the `?`, without it, still encoded. */
  query: string;
  body: Uint8Array;
  limits: ParameterLimits;
}

/**
 * The parameters of a request as one ordered tree.
 * @throws Refusal 400, 413 or 415
 */
export function decodeParameters(_source: ParameterSource): ParameterMap {
  throw new Error('decodeParameters is not written yet');
}
