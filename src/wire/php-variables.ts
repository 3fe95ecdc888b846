import { Buffer } from 'node:buffer';
import { messages } from './messages.ts';
import type { Parameter, ParameterLimits, ParameterMap } from './parameter.ts';
import { Refusal } from './refusal.ts';

/** The parameters of a form while it is read, pair by pair. */
export interface PhpVariables {
  /** @throws Refusal 400 when the name is nested too deeply or its list cannot be continued */
  set(name: string, value: string): void;
  readonly all: ParameterMap;
}

/**
 * Makes a tree of decoded form names as PHP 8.3 does (`parse_str`, `$_POST`):
 *
 * - a name ends at a NUL; blanks before it go; in its first level blank and `.` become `_`; nameless values are dropped
 * - `a[b][c]` nests; `a[]` (or with one white space inside) continues numbering after the greatest number so far, which
 *   may be negative, else from 0; what follows a `]` that is not `[` is ignored
 * - a `[` that nothing closes becomes `_` in the first level, as do blanks, dots and `[` after it; deeper it ends the name
 * - the last of equal names wins and keeps the place of the first; a value and a nesting replace each other likewise
 */
export function createPhpVariables(limits: ParameterLimits): PhpVariables {
  const all: ParameterMap = new Map();
  const numbering = createNumbering();

  function set(fullName: string, value: string): void {
    const nul = fullName.indexOf('\0');
    const written = (nul === -1 ? fullName : fullName.slice(0, nul)).replace(/^ +/, '');
    const path = parsePath(written, limits);
    let map = all;
    for (const [level, name] of path.entries()) {
      if (name !== undefined && isForged(name, written)) return;
      const key = name ?? numbering.nextKey(map);
      const existing = map.get(key);
      const isLast = level === path.length - 1;
      const next = isLast ? value : existing instanceof Map ? existing : new Map<string, Parameter>();
      if (next !== existing) {
        map.set(key, next);
        numbering.noteKey(map, key);
      }
      if (next instanceof Map) map = next;
    }
  }

  return { set, all };
}

/** The keys on the way to a value, undefined for `[]`; none when PHP drops the value because it has no name. */
function parsePath(written: string, limits: ParameterLimits): (string | undefined)[] {
  const bracket = written.indexOf('[');
  const first = mangle(bracket === -1 ? written : written.slice(0, bracket));
  if (first === '') return [];
  const path: (string | undefined)[] = [first];
  for (let open = bracket; written[open] === '['; ) {
    const inside = open + 1;
    const behindBlank = isWhiteSpace(written[inside]) ? inside + 1 : inside;
    const close = written.indexOf(']', behindBlank);
    if (close === -1) return path.length === 1 ? [first + mangle(written.slice(open))] : path;
    // The request is the first level, and each bracket opens another.
    if (path.length >= limits.depth) throw new Refusal(400, [messages.parametersTooDeep(limits.depth)]);
    path.push(close === behindBlank ? undefined : written.slice(inside, close));
    open = close + 1;
  }
  return path;
}

/** In place, because a pattern replacement takes a second and a gigabyte for a name of 16 MiB of dots. */
function mangle(text: string): string {
  if (!/[ .[]/.test(text)) return text;
  const units = Buffer.from(text, 'utf16le');
  for (let low = 0; low < units.length; low += 2) {
    const isMangled = units[low] === 0x20 || units[low] === 0x2e || units[low] === 0x5b;
    if (isMangled && units[low + 1] === 0) units[low] = 0x5f;
  }
  return units.toString('utf16le');
}

/**
 * Since 8.1.11 PHP drops a value when a name on its way begins with one of two prefixes that browsers guard in names of
 * cookies, unless the whole name begins with it. It does so for forms as well; the levels above have then been made.
 */
function isForged(key: string, written: string): boolean {
  if (!key.startsWith('__')) return false;
  return ['__Host-', '__Secure-'].some((prefix) => key.startsWith(prefix) && !written.startsWith(prefix));
}

function isWhiteSpace(character: string | undefined): boolean {
  return character !== undefined && ' \t\n\v\f\r'.includes(character);
}

const INTEGER_KEY = /^(?:0|-?[1-9]\d{0,18})$/;
const [INT64_MIN, INT64_MAX] = [-(2n ** 63n), 2n ** 63n - 1n];

/** The number that an array key is to PHP; undefined for text such as `08`, `-0` or what exceeds 64 bits. */
function integerKey(key: string): bigint | undefined {
  if (!INTEGER_KEY.test(key)) return undefined;
  const number = BigInt(key);
  return number >= INT64_MIN && number <= INT64_MAX ? number : undefined;
}

/** What `[]` stands for, map by map. A map is counted when its first `[]` comes, and followed from then on. */
function createNumbering() {
  const next = new Map<ParameterMap, bigint>();

  function noteKey(map: ParameterMap, key: string): void {
    const expected = next.size === 0 ? undefined : next.get(map);
    if (expected === undefined) return;
    const number = integerKey(key);
    if (number !== undefined && number >= expected) next.set(map, number + 1n);
  }

  function nextKey(map: ParameterMap): string {
    let number = next.get(map);
    if (number === undefined) {
      const numbers = Array.from(map.keys(), integerKey).filter((key) => key !== undefined);
      number = numbers.length === 0 ? 0n : numbers.reduce((a, b) => (a > b ? a : b)) + 1n;
      next.set(map, number);
    }
    if (number > INT64_MAX) throw new Refusal(400, [messages.listFull()]);
    return String(number);
  }

  return { noteKey, nextKey };
}
