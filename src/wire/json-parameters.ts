import { type Buffer, isUtf8 } from 'node:buffer';
import { NumberText } from '../../client/src/php-query.ts';
import { utf8Length } from './byte-text.ts';
import { jsonProblems, messages } from './messages.ts';
import type { Parameter, ParameterLimits, ParameterMap } from './parameter.ts';
import { Refusal } from './refusal.ts';

/**
 * A JSON body (RFC 8259) whose top level is an object. Unlike `JSON.parse` it keeps the order of names that look like
 * integers and the digits of numbers. As in PHP the last of equal names wins and keeps the place of the first, and half
 * a surrogate pair is an error; a byte order mark is passed over.
 * @throws Refusal 400 with line and column (counted in characters) of a mistake, or when a limit is exceeded
 */
export function parseJson(body: Buffer, limits: ParameterLimits): ParameterMap {
  if (!isUtf8(body)) throw invalidUtf8(body);
  return new JsonReader(withoutByteOrderMark(body.toString()), limits).read();
}

/**
 * In characters: how long all names become when each value is written with all the names around it, as the hash wants
 * it. Without this, 400 KB of one long name and many values below it would be hashed as gigabytes.
 */
const MAX_WRITTEN_NAMES = 32 * 1024 * 1024;

const [QUOTE, BACKSLASH, OPEN_BRACE, OPEN_BRACKET] = [0x22, 0x5c, 0x7b, 0x5b];
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[A-Za-z0-9_.+-]{1,100}/y;

class JsonReader {
  readonly #text: string;
  readonly #limits: ParameterLimits;
  #at = 0;
  #count = 0;
  #writtenNames = 0;

  constructor(text: string, limits: ParameterLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  read(): ParameterMap {
    this.#skipBlanks();
    if (this.#code() !== OPEN_BRACE) throw this.#unexpected(jsonProblems.topLevel());
    const parameters = this.#object(1, 0);
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#unexpected(jsonProblems.end());
    return parameters;
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #skipBlanks(): void {
    while (isBlank(this.#code())) this.#at++;
  }

  /** Takes the character if it comes next, after blanks. */
  #take(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #value(depth: number, nameLength: number): Parameter {
    this.#skipBlanks();
    const code = this.#code();
    if (code === OPEN_BRACE) return this.#object(depth + 1, nameLength);
    if (code === OPEN_BRACKET) return this.#list(depth + 1, nameLength);
    this.#countLeaf(nameLength);
    return code === QUOTE ? this.#string() : this.#word();
  }

  #object(depth: number, nameLength: number): ParameterMap {
    this.#enter(depth);
    const members: ParameterMap = new Map();
    if (this.#take('}')) {
      if (depth > 1) this.#countLeaf(nameLength);
      return members;
    }
    do {
      this.#skipBlanks();
      if (this.#code() !== QUOTE) throw this.#unexpected(jsonProblems.name());
      const name = this.#string();
      if (!this.#take(':')) throw this.#unexpected(jsonProblems.colon());
      members.set(name, this.#value(depth, nameLength + name.length));
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected(jsonProblems.commaOrBrace());
    return members;
  }

  #list(depth: number, nameLength: number): Parameter[] {
    this.#enter(depth);
    const values: Parameter[] = [];
    if (this.#take(']')) {
      this.#countLeaf(nameLength);
      return values;
    }
    do values.push(this.#value(depth, nameLength));
    while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected(jsonProblems.commaOrBracket());
    return values;
  }

  /** Goes into a `{` or `[`. Checked before, so that the recursion stays as shallow as the limit. */
  #enter(depth: number): void {
    if (depth > this.#limits.depth) throw new Refusal(400, [messages.parametersTooDeep(this.#limits.depth)]);
    this.#at++;
  }

  #countLeaf(nameLength: number): void {
    if (++this.#count > this.#limits.count) throw new Refusal(400, [messages.tooManyParameters(this.#limits.count)]);
    this.#writtenNames += nameLength;
    if (this.#writtenNames > MAX_WRITTEN_NAMES) throw new Refusal(413, [messages.namesTooLong(MAX_WRITTEN_NAMES)]);
  }

  #string(): string {
    const start = this.#at;
    let hasEscapes = false;
    for (let at = start + 1; ; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        if (!hasEscapes) return this.#text.slice(start + 1, at);
        return this.#unescaped(start, at + 1);
      }
      if (code === BACKSLASH) {
        hasEscapes = true;
        // Whatever is escaped does not end the string; whether it may be escaped is seen when all of it is known.
        at++;
      } else if (!(code >= 0x20)) {
        this.#at = Math.min(at, this.#text.length);
        throw this.#unexpected(code < 0x20 ? jsonProblems.escapedControl() : jsonProblems.quote());
      }
    }
  }

  /** `JSON.parse` is fast and exact for a single string; only what it cannot tell, the place of a mistake, is ours. */
  #unescaped(start: number, end: number): string {
    try {
      const value: string = JSON.parse(this.#text.slice(start, end));
      if (value.isWellFormed()) return value;
    } catch {
      // Found again below, with its place.
    }
    const sound =
      /(?:[^\\\u0000-\u001f]|\\["\\/bfnrt]|\\u(?:(?![dD][89a-fA-F])[0-9a-fA-F]{4}|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))/y;
    sound.lastIndex = start + 1;
    this.#at = start + 1;
    while (this.#at < end - 1 && sound.test(this.#text)) this.#at = sound.lastIndex;
    throw this.#error(
      this.#code() === BACKSLASH
        ? jsonProblems.escape(this.#text.slice(this.#at, this.#at + (this.#text[this.#at + 1] === 'u' ? 6 : 2)))
        : jsonProblems.escapedControl(),
    );
  }

  #word(): Parameter {
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    const word = number ?? this.#nextWord();
    if (number === undefined && word !== 'true' && word !== 'false' && word !== 'null') {
      throw this.#unexpected(jsonProblems.value());
    }
    this.#at += word.length;
    if (number !== undefined) return new NumberText(number);
    return word === 'null' ? null : word === 'true';
  }

  #nextWord(): string {
    WORD.lastIndex = this.#at;
    return WORD.exec(this.#text)?.[0] ?? '';
  }

  #unexpected(expected: string): Refusal {
    if (this.#at >= this.#text.length) return this.#error(jsonProblems.expectedNotEnd(expected));
    const found = this.#nextWord() || String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    return this.#error(jsonProblems.expectedNot(expected, found));
  }

  #error(reason: string): Refusal {
    return invalidJson(this.#text, this.#at, reason);
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function invalidUtf8(body: Buffer): Refusal {
  let at = 0;
  for (let taken = utf8Length(body, 0); taken > 0; taken = utf8Length(body, at)) at += taken;
  const before = withoutByteOrderMark(body.toString('utf8', 0, at));
  return invalidJson(before, before.length, jsonProblems.notUtf8(body[at] ?? 0));
}

/** @param at where it is wrong; a place behind the end of the text is its end */
function invalidJson(text: string, at: number, reason: string): Refusal {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let feed = before.indexOf('\n'); feed !== -1; feed = before.indexOf('\n', feed + 1)) line++;
  let column = 1;
  for (const _ of before.slice(lineStart)) column++;
  return new Refusal(400, [messages.invalidJson(line, column, reason)]);
}
