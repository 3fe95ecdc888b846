import type { NumberText } from '../../client/src/php-query.ts';

/**
 * A decoded parameter. Lists of JSON are arrays; objects of JSON and whatever a form writes with brackets are maps, in
 * the order received. Nothing is converted: forms hold texts, and a JSON number keeps its digits. A byte 0xNN that was
 * not UTF-8 is the lone surrogate U+DC00+NN, so a text is fit for use when it `isWellFormed()`.
 */
export type Parameter = null | boolean | string | NumberText | Parameter[] | ParameterMap;

export type ParameterMap = Map<string, Parameter>;

/** How much a request may hold; more is refused, never cut. */
export interface ParameterLimits {
  /** Levels; the request itself is the first, a parameter is a leaf and takes none. */
  depth: number;
  /** Values, in whatever notation. */
  count: number;
}
