import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimeZone, isTimeZoneName } from '../../src/core/time-zone.ts';

const CHANGE_DAYS = [
  ['Europe/Bucharest', '2026-03-29'],
  ['Europe/Bucharest', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
] as const;

/** The reference: local time as the runtime's own Intl writes it. */
function createReference(timeZone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (instant) => format.format(instant * 1000);
}

function wallSeconds(local: string): number {
  return Date.parse(`${local.replace(' ', 'T')}Z`) / 1000;
}

describe.each(CHANGE_DAYS)('in %s on %s', (name, day) => {
  const zone = createTimeZone(name);
  const reference = createReference(name);
  const midnight = wallSeconds(`${day} 00:00:00`);
  // Two days before to two days after, by the minute, in UTC.
  const instants = Array.from({ length: 4 * 1440 }, (_, minute) => midnight - 2 * 86_400 + minute * 60);
  const occurrences = new Map<string, number[]>();
  for (const instant of instants) {
    const local = reference(instant);
    occurrences.set(local, [...(occurrences.get(local) ?? []), instant]);
  }
  const minutesOfTheDay = Array.from({ length: 1440 }, (_, minute) =>
    new Date((midnight + minute * 60) * 1000).toISOString().slice(0, 19).replace('T', ' '),
  );

  it('writes every minute as Intl does', () => {
    expect(instants.map((instant) => zone.formatLocal(instant))).toEqual(instants.map(reference));
  });

  it('reads every minute of the day: once as it is, twice as first or last, skipped moved forward by the gap', () => {
    const before = wallSeconds(reference(instants[0]!)) - instants[0]!;
    const counts = [0, 0, 0];
    for (const local of minutesOfTheDay) {
      const found = occurrences.get(local) ?? [];
      counts[found.length]! += 1;
      const moved = wallSeconds(local) - before;
      expect([local, zone.parseLocal(local, 'first')]).toEqual([local, found[0] ?? moved]);
      expect([local, zone.parseLocal(local, 'last')]).toEqual([local, found.at(-1) ?? moved]);
    }
    const change = name === 'Australia/Lord_Howe' ? 30 : 60;
    expect([counts[0], counts[2]].sort()).toEqual([0, change]);
  });

  it('writes RFC 3339 that names the same instant, and reads it back', () => {
    for (const instant of instants) {
      const text = zone.formatRfc3339(instant);
      expect(Date.parse(text) / 1000).toBe(instant);
      expect(text.slice(0, 19)).toBe(reference(instant).replace(' ', 'T'));
      expect(zone.parseRfc3339(text)).toBe(instant);
    }
  });
});

describe('in any zone of the database', () => {
  it('writes any instant as Intl does, and reads it back', () => {
    const zones = new Map<string, ReturnType<typeof createTimeZone>>();
    const names = Intl.supportedValuesOf('timeZone');
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.integer({ min: -2_208_988_800, max: 4_102_444_800 }),
        (name, instant) => {
          const zone = zones.get(name) ?? createTimeZone(name);
          zones.set(name, zone);
          const local = zone.formatLocal(instant);
          expect(local).toBe(createReference(name)(instant));
          expect([zone.parseLocal(local, 'first'), zone.parseLocal(local, 'last')]).toContain(instant);
          expect(zone.parseRfc3339(zone.formatRfc3339(instant))).toBe(instant);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('moves a time of a day that was skipped as a whole by that day', () => {
    const samoa = createTimeZone('Pacific/Apia');
    const skipped = samoa.parseLocal('2011-12-30 12:00:00', 'first');
    expect(samoa.formatLocal(skipped!)).toBe('2011-12-31 12:00:00');
  });

  it('writes Z for UTC and an offset for every other zone', () => {
    expect(createTimeZone('UTC').formatRfc3339(0)).toBe('1970-01-01T00:00:00Z');
    expect(createTimeZone('Etc/UTC').formatRfc3339(0)).toBe('1970-01-01T00:00:00Z');
    expect(createTimeZone('Europe/London').formatRfc3339(1_767_225_600)).toBe('2026-01-01T00:00:00+00:00');
    expect(createTimeZone('America/New_York').formatRfc3339(1_767_225_600)).toBe('2025-12-31T19:00:00-05:00');
  });
});

describe('strictness', () => {
  const zone = createTimeZone('Europe/Bucharest');

  it.each([
    '2026-02-30 10:00:00',
    '2026-02-29 10:00:00',
    '1900-02-29 10:00:00',
    '2026-00-10 10:00:00',
    '2026-13-01 10:00:00',
    '2026-04-31 10:00:00',
    '0000-00-00 00:00:00',
    '2026-01-01 24:00:00',
    '2026-01-01 10:60:00',
    '2026-01-01 10:00:60',
    '2026-01-01',
    '2026-01-01 10:00',
    '2026-1-1 10:00:00',
    '2026-01-01T10:00:00',
    '2026-01-01 10:00:00Z',
    '2026-01-01  10:00:00',
    ' 2026-01-01 10:00:00',
    '+2026-01-01 10:00:00',
    '2026-01-01 10:00:00.5',
    '٢٠٢٦-01-01 10:00:00',
    'now',
    '',
    '2'.repeat(1_000_000),
  ])('refuses %.30j as a local time', (text) => {
    expect(zone.parseLocal(text, 'first')).toBeUndefined();
  });

  it.each(['2024-02-29 10:00:00', '2000-02-29 00:00:00', '0001-01-01 00:00:00', '9999-12-31 23:59:59'])(
    'takes %s',
    (text) => {
      expect(zone.formatLocal(zone.parseLocal(text, 'first')!)).toBe(text);
    },
  );

  it.each([
    ['2026-01-01T10:00:00Z', 1_767_261_600],
    ['2026-01-01T12:00:00+02:00', 1_767_261_600],
    ['2026-01-01T05:00:00-05:00', 1_767_261_600],
    ['2026-01-01t10:00:00z', 1_767_261_600],
    ['2026-01-01T10:00:00.999Z', 1_767_261_600],
    ['1969-12-31T23:59:59.5Z', -1],
    ['2026-01-01T10:00:00-00:00', 1_767_261_600],
  ])('reads %s', (text, instant) => {
    expect(zone.parseRfc3339(text)).toBe(instant);
  });

  it.each([
    '2026-01-01T10:00:00',
    '2026-01-01 10:00:00Z',
    '2026-01-01T10:00:00+2:00',
    '2026-01-01T10:00:00+0200',
    '2026-01-01T10:00:00 02:00',
    '2026-01-01T10:00:00+24:00',
    '2026-01-01T10:00:00+02:60',
    '2026-02-30T10:00:00Z',
    '2026-01-01T10:00:60Z',
    '2026-01-01T10:00:00.Z',
    `2026-01-01T10:00:00.${'0'.repeat(1_000_000)}Z`,
  ])('refuses %.40j as RFC 3339', (text) => {
    expect(zone.parseRfc3339(text)).toBeUndefined();
  });

  it('knows zones by name, not offsets', () => {
    for (const name of ['Europe/Bucharest', 'UTC', 'Etc/GMT+2', 'America/Argentina/Ushuaia']) {
      expect([name, isTimeZoneName(name)]).toEqual([name, true]);
    }
    for (const name of [
      '',
      '+02:00',
      'Mars/Olympus',
      'Europe/Bucharest ',
      'Europe/Bucharest[u-ca=iso8601]',
      'x'.repeat(99),
    ]) {
      expect([name, isTimeZoneName(name)]).toEqual([name, false]);
    }
    expect(() => createTimeZone('Mars/Olympus')).toThrow(RangeError);
  });
});
