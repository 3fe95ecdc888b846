import fc from 'fast-check';
import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' };
import { getCountries, getExampleNumber } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { cleanNumber, isCountry, normalizeNumber, numberCandidates } from '../../src/core/phone-number.ts';
import { fastest } from '../support/fastest.ts';

describe('cleaning a number', () => {
  it.each([
    ['0722 123 456', '0722123456'],
    ['(01632) 960-958', '01632960958'],
    ['030/23125-001', '03023125001'],
    ['1.202.555.0123', '12025550123'],
    ['0044 1632 960001', '+441632960001'],
    ['+44 [1632] 960001', '+441632960001'],
    ['\u202a+44\u00a01632\u2011960001\u202c', '+441632960001'],
    ['112', '112'],
    ['*72#', '*72#'],
    ['', ''],
    ['( ) - . /', ''],
  ])('%j gives %j', (text, clean) => {
    expect(cleanNumber(text)).toBe(clean);
  });

  it('looks at 64 characters and takes no longer for a mebibyte', async () => {
    for (const character of ['(', ' ', '0', '+', '-', '٠', '\ud800']) {
      const text = character.repeat(2 ** 20);
      expect(cleanNumber(text).length).toBeLessThanOrEqual(64);
      expect(await fastest(() => cleanNumber(text))).toBeLessThan(5);
    }
  });

  it('gives the same for what is clean already', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const clean = cleanNumber(text);
        // `000…` and `00+…` change again: what follows an international prefix is not cleaned anew.
        fc.pre(!clean.startsWith('00') && !clean.startsWith('+'));
        expect(cleanNumber(clean)).toBe(clean);
      }),
    );
  });
});

describe('normalising a number', () => {
  it.each([
    ['0722 123 456', 'RO', '+40722123456'],
    ['+40722123456', 'RO', '+40722123456'],
    ['+40 (0) 722 123 456', undefined, '+40722123456'],
    ['40722123456', 'RO', '+40722123456'],
    ['0040722123456', 'DE', '+40722123456'],
    ['030 23125 001', 'DE', '+493023125001'],
    ['01632 960001', 'GB', '+441632960001'],
    ['(202) 555-0123', 'US', '+12025550123'],
    ['011 44 1632 960001', 'US', '+441632960001'],
    ['01632 960001', undefined, '01632960001'],
  ])('%s in %s is %s', (text, country, normal) => {
    expect(normalizeNumber(text, country)).toBe(normal);
  });

  it('leaves short codes, impossible numbers and anything but ASCII digits as cleaned text', () => {
    expect(normalizeNumber('112', 'RO')).toBe('112');
    expect(normalizeNumber('112', 'DE')).toBe('112');
    expect(normalizeNumber('1 2 3 4 5 6', 'DE')).toBe('123456');
    expect(normalizeNumber('016329600010123456', 'RO')).toBe('016329600010123456');
    expect(normalizeNumber('+999 123', 'RO')).toBe('+999123');
    expect(normalizeNumber('٠١٦٣٢٩٦٠٠٠١', 'GB')).toBe('٠١٦٣٢٩٦٠٠٠١');
    expect(normalizeNumber('202-555-ABCD', 'US')).toBe('202555ABCD');
    expect(normalizeNumber('01632 960001 ext. 5', 'GB')).toBe('01632960001ext5');
    expect(normalizeNumber('anonymous', 'GB')).toBe('anonymous');
  });

  it('knows the national numbers of every country, those of six digits too', () => {
    const countries = getCountries();
    expect(countries.length).toBeGreaterThan(200);
    for (const country of countries) {
      const example = getExampleNumber(country, examples);
      if (example === undefined) continue;
      expect([country, normalizeNumber(example.formatNational(), country)]).toEqual([country, example.number]);
      expect([country, normalizeNumber(example.formatInternational(), undefined)]).toEqual([country, example.number]);
    }
    expect(getExampleNumber('FO', examples)?.nationalNumber).toHaveLength(6);
  });

  it('leaves 112 alone in every country', () => {
    for (const country of getCountries()) expect([country, normalizeNumber('112', country)]).toEqual([country, '112']);
  });

  it('never fails, and normalising again changes nothing', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[+0-9 ()*#-]{0,30}$/));
    fc.assert(
      fc.property(text, fc.constantFrom('RO', 'DE', 'GB', 'US', undefined), (number, country) => {
        const normal = normalizeNumber(number, country);
        if (/^\+[0-9]+$/.test(normal)) expect(normalizeNumber(normal, country)).toBe(normal);
      }),
      { numRuns: 2000 },
    );
  });

  it('tries the countries of all projects that may be meant', () => {
    expect(numberCandidates('01632 960001', ['GB', 'US', undefined])).toEqual(['01632960001', '+441632960001']);
    expect(numberCandidates('+44 1632 960001', ['RO'])).toEqual(['+441632960001']);
  });

  it('knows countries by their two capitals', () => {
    expect(['RO', 'GB', 'US'].map(isCountry)).toEqual([true, true, true]);
    expect(['ro', 'XX', '', '__proto__', 'constructor', 'ROU'].map(isCountry)).toEqual(Array(6).fill(false));
  });
});
