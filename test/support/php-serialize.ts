import type { Parameter, ParameterMap } from '../../src/wire/parameters.ts';

/**
 * What PHP's `serialize` writes for a decoded form, each byte as the character of the same number: order, and whether a
 * key is a number or text, become visible.
 */
export function phpSerialize(value: Parameter): string {
  if (typeof value === 'string') return text(value);
  if (value instanceof Map) return array(value);
  throw new Error('Forms hold nothing but texts and maps');
}

function array(map: ParameterMap): string {
  const members = Array.from(map, ([name, value]) => `${key(name)}${phpSerialize(value)}`);
  return `a:${map.size}:{${members.join('')}}`;
}

function key(name: string): string {
  const isInteger = /^(0|-?[1-9]\d*)$/.test(name) && BigInt.asIntN(64, BigInt(name)) === BigInt(name);
  return isInteger ? `i:${name};` : text(name);
}

function text(value: string): string {
  const bytes = bytesOf(value);
  return `s:${bytes.length}:"${bytes.toString('latin1')}";`;
}

/** The bytes a text was decoded from: U+DC80 to U+DCFF stand for single bytes. */
function bytesOf(value: string): Buffer {
  return Buffer.concat(
    Array.from(value, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character);
    }),
  );
}
