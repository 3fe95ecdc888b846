import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import library from 'libphonenumber-js/package.json' with { type: 'json' };

/** Names the rules in force, ours and the library's: newer ones may normalise the same number differently. */
export const NUMBER_RULES = `numbers-1 ${library.name}@${library.version}`;

/** Nothing longer is a number; what is cut off cannot make a pattern slow. */
const LONGEST = 64;
/**
 * Up to six digits may be a short code (112, a service, an extension), which belongs to no country: only what is given
 * out as a number there, as in Andorra or Greenland, is one.
 */
const LONGEST_SHORT_CODE = 6;

// Blanks of all kinds, dots, dashes, slashes, brackets, and the invisible marks that address books copy along.
const DECORATION = /[\s.\-\u2010-\u2015\u2212/()[\]{}\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+/g;
const DIGITS = /^\+?[0-9]+$/;

/** The number without what people write for readability; `00` in front becomes `+`. Never fails, linear. */
export function cleanNumber(text: string): string {
  const bare = text.slice(0, LONGEST).toWellFormed().replace(DECORATION, '');
  return bare.startsWith('00') ? `+${bare.slice(2)}` : bare;
}

/**
 * The form in which numbers are compared: E.164 when it is a possible number of its own or of the given country
 * (ISO 3166, by the rules of libphonenumber), else the cleaned text. Letters, `*`, `#` and digits of other scripts
 * are never reinterpreted.
 */
export function normalizeNumber(text: string, country: string | undefined): string {
  const clean = cleanNumber(text);
  if (!DIGITS.test(clean)) return clean;
  const isNational = !clean.startsWith('+');
  if (isNational && country === undefined) return clean;
  const number = parsePhoneNumberFromString(clean, country as CountryCode | undefined);
  const isNumber = isNational && clean.length <= LONGEST_SHORT_CODE ? number?.isValid() : number?.isPossible();
  return number !== undefined && isNumber ? number.number : clean;
}

/**
 * What a number that somebody asks for may be kept as, when it is not known whose national number it is: once for each
 * of the countries, and as cleaned text.
 */
export function numberCandidates(text: string, countries: Iterable<string | undefined>): string[] {
  const candidates = new Set([normalizeNumber(text, undefined)]);
  for (const country of countries) candidates.add(normalizeNumber(text, country));
  return [...candidates];
}

/** Whether the text is an ISO 3166 country, in capitals, whose numbers are known. */
export function isCountry(text: string): boolean {
  return isSupportedCountry(text);
}
