import type { EpochSeconds } from './clock.ts';

/**
 * The proleptic Gregorian calendar without any zone, by arithmetic: dates are read and written by the million while
 * importing, where a library's objects would cost more than everything else together.
 */

export const SECONDS_PER_DAY = 86_400;

const LOCAL = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/;
const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,18})?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const LONGEST = 64;

/** `Y-m-d H:i:s` as seconds since 1970-01-01 00:00:00 of the same clock on the wall; undefined when it is no date. */
export function parseWallClock(text: string): number | undefined {
  const parts = text.length > LONGEST ? null : LOCAL.exec(text);
  return parts === null ? undefined : secondsOf(parts);
}

/** RFC 3339 with its offset; fractions of a second are cut off, lower-case `t` and `z` allowed, leap seconds not. */
export function parseRfc3339(text: string): EpochSeconds | undefined {
  const parts = text.length > LONGEST ? null : RFC3339.exec(text);
  const seconds = parts === null ? undefined : secondsOf(parts);
  if (parts === null || seconds === undefined) return undefined;
  const [hours, minutes] = [Number(parts[8] ?? 0), Number(parts[9] ?? 0)];
  if (hours > 23 || minutes > 59) return undefined;
  return seconds - (hours * 3600 + minutes * 60) * (parts[7] === '-' ? -1 : 1);
}

/** Seconds since 1970-01-01 00:00:00 of a clock on the wall, written with this separator between date and time. */
export function formatWallClock(seconds: number, separator: ' ' | 'T'): string {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  return `${formatDay(days)}${separator}${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
}

/** An offset in seconds as `+02:00`. */
export function formatOffset(offset: number): string {
  const minutes = Math.abs(offset) / 60;
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(Math.floor(minutes % 60))}`;
}

function secondsOf(parts: RegExpExecArray): number | undefined {
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const [hour, minute, second] = [Number(parts[4]), Number(parts[5]), Number(parts[6])];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return dayNumber(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

// Both ways after Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the
// leap day is the last of its year, and 400 years are one era of 146,097 days.
function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

function formatDay(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
