import { Temporal } from 'temporal-polyfill';
import { formatOffset, formatWallClock, parseRfc3339, parseWallClock, SECONDS_PER_DAY } from './calendar.ts';
import type { EpochSeconds } from './clock.ts';

/** A zone of the IANA database: local times to instants and back. */
export interface TimeZone {
  /** As it was given, for example `Europe/Bucharest`. */
  readonly name: string;
  /**
   * `Y-m-d H:i:s`, strictly; undefined for anything else and for dates that do not exist. A time that a clock change
   * skips moves forward by the gap; of one that happens twice `pick` says which is meant: the first as the beginning
   * of a span or as a schedule, the last as an end.
   */
  parseLocal(text: string, pick: 'first' | 'last'): EpochSeconds | undefined;
  /** `Y-m-d H:i:s`. */
  formatLocal(instant: EpochSeconds): string;
  /** Whole seconds with the offset of the zone: `2026-03-01T09:00:00+02:00`; `Z` where the zone is UTC by name. */
  formatRfc3339(instant: EpochSeconds): string;
  /** Any offset, fractions of a second cut off; undefined for anything else. */
  parseRfc3339(text: string): EpochSeconds | undefined;
}

// 20,000 days are 54 years: in use the cache is never emptied, yet hostile dates cannot make it grow.
const DAYS_KEPT = 20_000;
const UTC_NAME = /^(Etc\/)?(UTC|UCT|Zulu|Universal)$/i;

/** Whether the text names a zone of the IANA database. Offsets such as `+02:00` know no clock changes and are none. */
export function isTimeZoneName(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(text)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws RangeError when `name` is none of the IANA database. */
export function createTimeZone(name: string): TimeZone {
  if (!isTimeZoneName(name)) throw new RangeError(`Unknown time zone: ${name}`);
  const offsetAt = createOffsets(name);
  const isUtc = UTC_NAME.test(name);

  return {
    name,
    parseLocal(text, pick) {
      const wall = parseWallClock(text);
      return wall === undefined ? undefined : instantOf(wall, pick, offsetAt);
    },
    formatLocal: (instant) => formatWallClock(instant + offsetAt(instant), ' '),
    formatRfc3339(instant) {
      if (isUtc) return `${formatWallClock(instant, 'T')}Z`;
      // Offsets had seconds before standard time came in; RFC 3339 cannot write those, so the local time gives way.
      const offset = Math.round(offsetAt(instant) / 60) * 60;
      return formatWallClock(instant + offset, 'T') + formatOffset(offset);
    },
    parseRfc3339,
  };
}

/** The instant at which clocks on the wall show `wall`. */
function instantOf(wall: number, pick: 'first' | 'last', offsetAt: (instant: EpochSeconds) => number): EpochSeconds {
  const before = offsetAt(wall - SECONDS_PER_DAY);
  const after = offsetAt(wall + SECONDS_PER_DAY);
  if (before === after) return wall - before;
  const early = wall - before;
  const late = wall - after;
  const earlyIsTrue = offsetAt(early) === before;
  const lateIsTrue = offsetAt(late) === after;
  if (earlyIsTrue && lateIsTrue) return pick === 'first' ? early : late;
  if (lateIsTrue) return late;
  // Either the change is still to come, or the time is skipped: read with the offset from before the change, the
  // result lies after the gap by as much as the time lay inside of it.
  return early;
}

/**
 * The offset of a zone in seconds, remembered by day (of UTC): asking the library takes about 5 µs, an import asks for
 * several dates a row. In all zones of the database the changes of 1900 to 2040 lie at least 167 hours apart, so a day
 * whose two ends agree has no change inside; days that have one (two a year) are asked for each time.
 */
function createOffsets(name: string): (instant: EpochSeconds) => number {
  const byDay = new Map<number, number | undefined>();
  const ask = (instant: EpochSeconds) =>
    Temporal.Instant.fromEpochMilliseconds(instant * 1000).toZonedDateTimeISO(name).offsetNanoseconds / 1e9;

  return (instant) => {
    const day = Math.floor(instant / SECONDS_PER_DAY);
    const known = byDay.get(day);
    if (known !== undefined) return known;
    if (!byDay.has(day)) {
      if (byDay.size >= DAYS_KEPT) byDay.clear();
      const first = ask(day * SECONDS_PER_DAY);
      byDay.set(day, first === ask((day + 1) * SECONDS_PER_DAY) ? first : undefined);
    }
    return byDay.get(day) ?? ask(instant);
  };
}
