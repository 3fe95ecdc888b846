import type { EpochSeconds } from '../core/clock.ts';
import { show } from './field-types.ts';
import { messages } from './messages.ts';
import type { ParameterMap } from './parameter.ts';
import { Refusal } from './refusal.ts';

/** How far the clock of a caller may be from ours, in either direction. */
export const API_TIME_TOLERANCE_SECONDS = 300;

/**
 * `api_time` is ours and optional: the moment of the request, in seconds since 1970-01-01 UTC. It is hashed like every
 * parameter, so who records a signed request can neither change it nor leave it out, and the request is worth nothing
 * five minutes later. (The hash alone knows no time.)
 *
 * @throws Refusal 401 when it is no such number, or too far from now
 */
export function checkTime(parameters: ParameterMap, now: EpochSeconds): void {
  const given = parameters.get('api_time') ?? null;
  if (given === null) return;
  const text = show(given);
  const isNear = /^\d{1,12}$/.test(text) && Math.abs(Number(text) - now) <= API_TIME_TOLERANCE_SECONDS;
  if (!isNear) throw new Refusal(401, [messages.invalidTime(text, API_TIME_TOLERANCE_SECONDS)]);
}
