import { optional } from './arguments.ts';
import { wholeNumber } from './field-types.ts';

export const DEFAULT_LEASE_SECONDS = 600;

/** How long a call stays with an agent (api.md 7). */
export const leaseArgument = optional(
  wholeNumber(10, 86_400),
  `How long the call stays with the agent, from now; default ${DEFAULT_LEASE_SECONDS}.`,
);
