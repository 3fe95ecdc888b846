/**
 * One message of the manager port: an event, an answer to an action, an item of a list. Only read here; what its headers
 * mean, and whether a value is escaped, is the reader's matter (some are, some are not: see ami-unescape.ts).
 */
export interface AmiMessage {
  /** Name of the event; undefined for an answer. Look here before `Response`: the event OriginateResponse has both. */
  readonly event: string | undefined;
  /** Bytes it took on the wire, without the blank line behind it. */
  readonly size: number;
  /** First value of a header, whatever the case of its name; undefined when it is not there. The server's own headers come first. */
  get(name: string): string | undefined;
  /** Every value of a header that may repeat (`ChanVariable`, `Output`), in the order sent. */
  all(name: string): readonly string[];
  /** All headers in the order sent, names in lower case. */
  entries(): readonly (readonly [name: string, value: string])[];
}

/** A message of its text, in which CR LF parts the lines. */
export function createAmiMessage(text: string, size: number): AmiMessage {
  return new TextMessage(text, size);
}

/**
 * The text is cut into headers when one is first asked for other than the event: most events are passed over for their
 * name. Measured with recorded events of 365 bytes: 487 bytes of memory each while they wait, 1,780 once cut. A class,
 * since its methods are shared.
 */
class TextMessage implements AmiMessage {
  readonly event: string | undefined;
  readonly size: number;
  readonly #text: string;
  #headers: Headers | undefined;

  constructor(text: string, size: number) {
    this.#text = text;
    this.size = size;
    this.event = eventOf(text);
  }

  get(name: string): string | undefined {
    const { names, values } = this.#cut();
    const at = names.indexOf(name.toLowerCase());
    return at < 0 ? undefined : values[at];
  }

  all(name: string): readonly string[] {
    const { names, values } = this.#cut();
    const wanted = name.toLowerCase();
    return values.filter((_, at) => names[at] === wanted);
  }

  entries(): readonly (readonly [name: string, value: string])[] {
    const { names, values } = this.#cut();
    return names.map((name, at) => [name, values[at] ?? ''] as const);
  }

  #cut(): Headers {
    this.#headers ??= headersOf(this.#text);
    return this.#headers;
  }
}

/** Two lists instead of a map: with some twenty headers looking through them is as fast, and nobody can make names collide. */
interface Headers {
  names: string[];
  values: string[];
}

/** Lines end at CR LF only: a value may hold a bare LF followed by what looks like a header. */
const LINE_END = '\r\n';

function headersOf(text: string): Headers {
  const names: string[] = [];
  const values: string[] = [];
  for (const line of text.split(LINE_END)) {
    // The first colon parts name and value, as values hold colons. A line without one is what follows a line break in a
    // value that somebody's dialplan sent; the server itself never makes one.
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    names.push(line.slice(0, colon).toLowerCase());
    values.push(line.charCodeAt(colon + 1) === BLANK ? line.slice(colon + 2) : line.slice(colon + 1));
  }
  return { names, values };
}

const BLANK = 0x20;
const EVENT_FIRST = /^Event: ?([^\r]*)(?:\r\n|$)/;

/** The first header `Event`; nearly always it is the first line, which is found without cutting the others. */
function eventOf(text: string): string | undefined {
  const first = EVENT_FIRST.exec(text);
  if (first !== null) return first[1];
  if (!text.toLowerCase().includes('event:')) return undefined;
  const { names, values } = headersOf(text);
  const at = names.indexOf('event');
  return at < 0 ? undefined : values[at];
}
