import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { cleanNumber } from './phone-number.ts';

/** Once cleaned 3 to 20 digits, at most 15 after a `+`: nothing else is ever dialled. */
export function isDialable(number: string): boolean {
  return /^(?:\+[0-9]{3,15}|[0-9]{3,20})$/.test(cleanNumber(number));
}

/** Kinds of numbers that cost what a call to somebody at home costs. */
const ORDINARY: readonly (string | undefined)[] = ['FIXED_LINE', 'MOBILE', 'FIXED_LINE_OR_MOBILE'];

/**
 * Whether a stranger may have this number dialled without anybody looking at it: fixed or mobile, of one of these
 * countries (ISO 3166). Premium, shared-cost and satellite numbers never are, nor what is no number at all.
 * @param normalized as normalizeNumber answers it
 */
export function isAllowedNumber(normalized: string, countries: readonly string[]): boolean {
  if (!normalized.startsWith('+')) return false;
  const number = parsePhoneNumberFromString(normalized);
  const country = number?.country;
  return country !== undefined && countries.includes(country) && ORDINARY.includes(number?.getType());
}
