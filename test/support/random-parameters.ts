import fc from 'fast-check';

/** What PHP does something particular with, alone and in combination. */
const FORM_TOKENS = [
  ...['[', ']', '[]', '[ ]', '[a]', '[b][c]', '[0]', '[-1]', '[7]', '[08]', '[-0]', '[+3]', '[1.5]', '[%5B]', '[\t]'],
  ...['[9007199254740993]', '[-9223372036854775808]', '[9223372036854775808]', '[%00]', '[ x', '[x ]', '[]]', '[[]'],
  ...[
    'a',
    'b',
    'c',
    'A',
    'filters',
    '__proto__',
    'constructor',
    '__Host-',
    '_.Host-',
    '..Secure-',
    'api_hash',
    'api.hash',
  ],
  ...[
    '[__Host-x]',
    '[__Secure-',
    '.',
    '_',
    '+',
    ' ',
    '%20',
    '%2E',
    '%00',
    '%5B',
    '%5D',
    '%26',
    '%3D',
    '%',
    '%4',
    '%zz',
    '%E2%82%AC',
    '%ff',
    '%c3',
  ],
  ...['0', '7', '-1', '08', '1', ';', '/', '~', '*', '"', "'", '\\', '\u00e4'.normalize('NFD'), '€', '😀', '\t', '\n'],
];

const token = fc.constantFrom(...FORM_TOKENS);
const name = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('a', 'b', 'a.b', 'x y'), fc.array(token, { maxLength: 4 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(''), fc.array(token, { maxLength: 6 })) },
);
const pair = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(name, fc.array(token, { maxLength: 3 }), fc.boolean())
      .map(([[first, rest], value, hasValue]) => `${first}${rest.join('')}${hasValue ? `=${value.join('')}` : ''}`),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(token, fc.constant('=')), { maxLength: 8 }).map((parts) => parts.join('')),
  },
  // Few names, so that they meet: what replaces what, and where [] goes on.
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('a', 'b'),
        fc.array(fc.constantFrom('[]', '[a]', '[1]', '[-3]', '[5]'), { maxLength: 3 }),
        fc.nat(9),
      )
      .map(([first, rest, value]) => `${first}${rest.join('')}=${value}`),
  },
);

/** Query strings, valid and mangled. */
export const randomForm: fc.Arbitrary<string> = fc.array(pair, { maxLength: 12 }).map((pairs) => pairs.join('&'));

/** Names and values as the fields of a multipart body, where nothing is percent-decoded. */
export const randomFields: fc.Arbitrary<[string, string][]> = fc.array(
  fc.tuple(
    name.map(([first, rest]) => `${first}${rest.join('')}`.replace(/[\r\n]/g, '')),
    fc
      .array(fc.oneof(token, fc.constantFrom('\r\n', '\n', 'x--XX', '--X', '\r')), { maxLength: 4 })
      .map((parts) => parts.join('')),
  ),
  { maxLength: 8 },
);

const numberText = fc.oneof(
  fc.constantFrom(
    ...[
      '0',
      '-0',
      '-0.0',
      '0e0',
      '1.0',
      '1E400',
      '-1e400',
      '1e-7',
      '1e15',
      '1e14',
      '100000000000000',
      '0.0001',
      '0.00001',
    ],
    ...[
      '9223372036854775807',
      '9223372036854775808',
      '-9223372036854775808',
      '-9223372036854775809',
      '9007199254740993',
    ],
    ...['0.30000000000000004', '5e-324', '1.7976931348623157e308', '12345678901234.5', '12345678901235.5', '0.5e-3'],
    ...['999999999999995', '99999999999999.5', '1.00000000000005', '9'.repeat(400)],
  ),
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc
    .tuple(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.integer({ min: -25, max: 25 }))
    .map(([m, e]) => `${m}e${e}`),
  // Half way between two numbers of 14 digits, exactly: where C and JavaScript round differently.
  fc
    .tuple(
      fc.integer({ min: 10 ** 13, max: 10 ** 14 - 1 }),
      fc.constantFrom('.5', '5e0', '5e1', '5e2', '05e-1', '5e-10', '5e10'),
    )
    .map((p) => p.join('')),
);

const jsonText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
  fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"\\ud83d\\ude00"',
    '"\\/\\b\\f\\n\\r\\t\\"\\\\\\u0041\\u00e4\\u20ac"',
    '"a b~*!\'()"',
    '""',
    '"\\u0000"',
    '"a\u2028"',
  ),
);
const jsonName = fc.oneof(
  fc.constantFrom(
    '"10"',
    '"9"',
    '"08"',
    '"-1"',
    '"0"',
    '"a"',
    '"b"',
    '"a b"',
    '"a[b]"',
    '"api_hash"',
    '"__proto__"',
    '""',
    '"\\u0061"',
  ),
  jsonText,
);
const blank = fc.constantFrom('', '', '', ' ', '\n', '\r\n\t');

const { object: jsonObject } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom('null', 'true', 'false'), numberText, jsonText),
    tie('list'),
    tie('object'),
  ),
  list: fc
    .tuple(fc.array(tie('value'), { maxLength: 4 }), blank)
    .map(([values, gap]) => `[${gap}${values.join(`${gap},`)}]`),
  object: fc
    .tuple(fc.array(fc.tuple(jsonName, tie('value')), { maxLength: 5 }), blank)
    .map(([members, gap]) => `{${gap}${members.map(([n, v]) => `${n}${gap}:${v}`).join(`,${gap}`)}${gap}}`),
}));
/** JSON objects as no serialiser would write them: odd numbers, equal names, escapes, blanks. */
export const randomJson: fc.Arbitrary<string> = jsonObject;

/** The same, with one character put in, taken out or exchanged: mostly invalid, sometimes not. */
export const brokenJson: fc.Arbitrary<string> = fc
  .tuple(
    randomJson,
    fc.nat(),
    fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '\\', '0', '-', '.', 'e', ' ', '\u0001', '/'),
    fc.nat(2),
  )
  .map(([json, place, piece, removed]) => {
    const at = place % (json.length + 1);
    return (json.slice(0, at) + piece + json.slice(at + removed)).toWellFormed();
  })
  // An empty body is not read as JSON.
  .filter((json) => json !== '');
