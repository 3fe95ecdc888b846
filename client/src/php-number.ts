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
  const { digits, exponent } = significantDigits(size);
  if (exponent < -4 || exponent >= PRECISION) {
    const direction = exponent < 0 ? '-' : '%2B';
    return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${direction}${Math.abs(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

interface Scientific {
  /** The first stands before the point. */
  digits: string;
  exponent: number;
}

/** At most 14 digits, without zeros at the end. Exactly half way C rounds to the even digit, JavaScript upwards. */
function significantDigits(size: number): Scientific {
  const rounded = scientific(size.toExponential(PRECISION - 1));
  // Three digits more tell a possible tie from the rest; only then is the whole expansion worth its cost.
  if (size.toExponential(PRECISION + 2).includes('500e')) {
    const { digits, exponent } = scientific(size.toExponential(99));
    const kept = digits.slice(0, PRECISION);
    if (/^50*$/.test(digits.slice(PRECISION)) && /[02468]$/.test(kept)) {
      // PHP's short cut for whole numbers below 1e15 forgets to drop zeros here: 100000000000005.0 is 1.0000000000000E+14.
      return { digits: exponent === 14 ? kept : withoutZeros(kept), exponent };
    }
  }
  return { digits: withoutZeros(rounded.digits), exponent: rounded.exponent };
}

function scientific(text: string): Scientific {
  const [mantissa = '', exponent] = text.split('e');
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

function withoutZeros(digits: string): string {
  return digits.replace(/0+$/, '');
}
