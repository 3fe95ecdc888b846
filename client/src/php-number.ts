const INTEGER = /^-?\d+$/;
const INT64_MAX = '9223372036854775807';
const INT64_MIN = '9223372036854775808';

/**
 * A JSON number as PHP's `json_decode` reads it (int64 where it fits, else a double) and as `http_build_query` then
 * writes it, percent-encoded.
 */
export function phpNumber(text: string): string {
  if (!INTEGER.test(text)) return encodeDouble(Number(text));
  const isNegative = text.startsWith('-');
  const digits = isNegative ? text.slice(1) : text;
  const fits = digits.length < 19 || (digits.length === 19 && digits <= (isNegative ? INT64_MIN : INT64_MAX));
  if (!fits) return encodeDouble(Number(text));
  return text === '-0' ? '0' : text;
}

const PRECISION = 14;

/** C's `%.14G` as PHP has it: `1.0E+20`, `1.0E-7`, `-0`, `INF`. */
function encodeDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return `${sign}INF`;
  const [mantissa = '', exponentText = ''] = roundHalfToEven(size).split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  if (exponent < -4 || exponent >= PRECISION) {
    const direction = exponent < 0 ? '-' : '%2B';
    return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${direction}${Math.abs(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** `d.ddde±x` with 14 digits. Exactly half way JavaScript rounds away from zero, C to the even digit. */
function roundHalfToEven(size: number): string {
  const rounded = size.toExponential(PRECISION - 1);
  // 17 digits tell a possible tie from the rest; only then is the whole expansion worth its cost.
  if (!size.toExponential(PRECISION + 2).includes('500e')) return rounded;
  const [exact = '', exponent] = size.toExponential(99).split('e');
  const kept = exact.slice(0, PRECISION + 1);
  const isTie = /^50*$/.test(exact.slice(PRECISION + 1));
  return isTie && /[02468]$/.test(kept) ? `${kept}e${exponent}` : rounded;
}
