import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AmiHeader, amiVariable, formatAmiAction, MAX_LINE_BYTES } from '../../src/pbx/asterisk/ami-action.ts';
import { InvalidAmiActionError } from '../../src/pbx/asterisk/ami-errors.ts';
import { createAmiFraming } from '../../src/pbx/asterisk/ami-framing.ts';
import { unescapeAmi } from '../../src/pbx/asterisk/ami-unescape.ts';
import { readRecording, sentInRecording } from '../support/ami-recordings.ts';

/** How Asterisk takes a header `Variable` apart: commas part, quotes and backslashes protect and vanish, brackets protect. */
function variablesOf(header: string): [name: string, value: string][] {
  const parts = [''];
  let isQuoted = false;
  let depth = 0;
  for (let at = 0; at < header.length; at++) {
    const character = header[at] as string;
    const last = parts.length - 1;
    if (character === '\\') parts[last] += header[++at] ?? '';
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted && depth === 0) parts.push('');
    else {
      if ('(['.includes(character)) depth++;
      if (')]'.includes(character) && depth > 0) depth--;
      parts[last] += character;
    }
  }
  return parts
    .filter((part) => part.includes('='))
    .map((part) => {
      const sign = part.indexOf('=');
      return [part.slice(0, sign), part.slice(sign + 1)];
    });
}

const HOSTILE = [
  'A\r\nAction: Command\r\nCommand: core stop now',
  'A\nAction: Command',
  'A\rB',
  'A\0',
  'A\x1b[2J',
  'A\x7f',
  'A\x85B',
  'A\u2028B',
  'A\u2029B',
];

const clean = fc
  .string({ unit: 'grapheme', maxLength: 200 })
  .map((text) => text.replace(/[\p{Cc}\u2028\u2029]/gu, '').replace(/^ +/, ''))
  .filter((text) => Buffer.byteLength(text) < 900);

describe('formatAmiAction', () => {
  it('writes headers so that exactly those are read again', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, clean), { maxLength: 20 }), (headers) => {
        const meant: AmiHeader[] = [['Action', 'Originate'], ...headers];
        const framing = createAmiFraming();
        const read = framing.push(Buffer.concat([Buffer.from('banner\r\n'), formatAmiAction(meant)]));
        expect(read).toHaveLength(1);
        expect(read[0]?.entries()).toEqual(meant.map(([name, value]) => [name.toLowerCase(), value]));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(HOSTILE)('refuses the value %j wherever it stands, and does not repeat it', (value) => {
    for (const headers of [
      [['Action', value]],
      [
        ['Action', 'Originate'],
        ['CallerID', value],
      ],
    ] as AmiHeader[][]) {
      expect(() => formatAmiAction(headers)).toThrow(InvalidAmiActionError);
      expect(() => formatAmiAction(headers)).toThrow(/holds a control character or a line break$/);
    }
    expect(() => formatAmiAction([['Action', 'Originate'], amiVariable('note', value)])).toThrow(InvalidAmiActionError);
    expect(() =>
      formatAmiAction([
        ['Action', 'Ping'],
        [value, 'x'],
      ]),
    ).toThrow(InvalidAmiActionError);
  });

  it('never gives bytes in which any text makes a header that was not meant', () => {
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE), clean);
    fc.assert(
      fc.property(any, (value) => {
        let bytes: Buffer;
        try {
          bytes = formatAmiAction([
            ['Action', 'Ping'],
            ['CallerID', value],
          ]);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidAmiActionError);
          return;
        }
        expect(bytes.toString()).toBe(`Action: Ping\r\nCallerID: ${value}\r\n\r\n`);
        expect(bytes.toString().match(/[\r\n]/g)).toHaveLength(6);
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a name that is none, a value that begins with a blank, half a character, and an action that is not first', () => {
    const format =
      (...headers: AmiHeader[]) =>
      () =>
        formatAmiAction([['Action', 'Ping'], ...headers]);
    expect(format(['', 'x'])).toThrow(/no name for a header/);
    expect(format(['A: b', 'x'])).toThrow(/no name for a header/);
    expect(format(['Account', ' x'])).toThrow('Account begins with a blank');
    expect(format(['Account', '\ud800'])).toThrow('Account holds half of a character');
    expect(() => formatAmiAction([['ActionID', '1']])).toThrow('Action must come first');
    expect(() => formatAmiAction([])).toThrow('Action must come first');
  });

  it('takes lines of 1,020 bytes and 128 headers, as the server does, and refuses more', () => {
    const fits = 'é'.repeat((MAX_LINE_BYTES - 'CallerID: '.length) / 2);
    expect(
      formatAmiAction([
        ['Action', 'Ping'],
        ['CallerID', fits],
      ]).length,
    ).toBeGreaterThan(MAX_LINE_BYTES);
    expect(() =>
      formatAmiAction([
        ['Action', 'Ping'],
        ['CallerID', `${fits}x`],
      ]),
    ).toThrow('CallerID makes a line of 1021 bytes, at most 1020 are allowed');
    const headers: AmiHeader[] = Array.from({ length: 127 }, (_, at) => ['Account', String(at)]);
    expect(
      formatAmiAction([['Action', 'Ping'], ...headers])
        .toString()
        .split('\r\n'),
    ).toHaveLength(130);
    expect(() => formatAmiAction([['Action', 'Ping'], ...headers, ['Account', '']])).toThrow(/129 headers/);
  });
});

describe('amiVariable', () => {
  it('is judged by a splitter that agrees with what the recorded server made of its variables', () => {
    const meant = sentInRecording('06r-originate-variables')
      .toString()
      .split('\r\n\r\n')
      .flatMap((request) => {
        const lines = request.split('\r\n').filter((line) => line.startsWith('Variable: '));
        return lines.flatMap((line) => variablesOf(line.slice('Variable: '.length)));
      });
    const framing = createAmiFraming();
    const set = (readRecording('06r-originate-variables')[0]?.chunks ?? [])
      .flatMap((chunk) => framing.push(chunk))
      .filter((message) => message.event === 'VarSet' && /;1$/.test(message.get('Channel') ?? ''))
      .map((message) => [message.get('Variable'), unescapeAmi(message.get('Value') ?? '')])
      .filter(([name]) => /^[A-E]$/.test(name ?? ''));
    const sorted = (pairs: unknown[]) => pairs.map((pair) => JSON.stringify(pair)).sort();
    expect(meant.length).toBeGreaterThan(8);
    expect(sorted(set)).toEqual(sorted(meant));
  });

  it.each(['x,MONITOR_EXEC=sh', 'a\\,b', '"', '"a,b', '$' + '{SHELL(id)}', '(', '],[', '\\', '', 'a=b=c', ' x'])(
    'lets %j arrive as the value of one variable',
    (value) => {
      const [, header] = amiVariable('note', value);
      expect(variablesOf(header)).toEqual([['note', value]]);
    },
  );

  it('never makes a second variable, whatever the value', () => {
    const spiced = fc.string({
      unit: fc.constantFrom('"', '\\', ',', '=', '(', ')', '[', ']', ' ', 'a', '$', '{', 'ü'),
    });
    fc.assert(
      fc.property(fc.oneof(clean, spiced), (value) => {
        expect(variablesOf(amiVariable('__note', value)[1])).toEqual([['__note', value]]);
      }),
      { numRuns: 10_000 },
    );
  });

  it('refuses names that are no identifiers', () => {
    for (const name of ['', 'a=b', 'a,b', 'CDR(x)', '1a', '___a', 'a\r\n', 'ä']) {
      expect(() => amiVariable(name, 'x')).toThrow(InvalidAmiActionError);
    }
  });
});
