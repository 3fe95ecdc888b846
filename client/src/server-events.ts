/** One event of a `text/event-stream`. */
export interface ServerEvent {
  /** `message` unless the server names it. */
  type: string;
  /** Undefined when the event has none of its own. */
  id: string | undefined;
  data: string;
}

/** No event is that long: whoever sends more without an end is not this API. */
const MOST_CHARACTERS = 16 * 1024 ** 2;

/**
 * Takes a `text/event-stream` apart as the HTML standard says (9.2.6), whatever the pieces it arrives in.
 *
 * @param chunks its bytes
 * @throws RangeError for an event of more than 16 million characters; what `chunks` throws
 */
export async function* parseServerEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerEvent, void, undefined> {
  // Drops a byte order mark, and holds back the first bytes of a character whose last are still to come.
  const decoder = new TextDecoder();
  let rest = '';
  let event = emptyEvent();
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // A carriage return at the very end may be half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        read(line, event);
        continue;
      }
      if (event.lines.length > 0) yield { type: event.type || 'message', id: event.id, data: event.lines.join('\n') };
      event = emptyEvent();
    }
    if (rest.length + event.size > MOST_CHARACTERS) throw new RangeError('an event does not end');
  }
}

interface EventDraft {
  type: string;
  id: string | undefined;
  lines: string[];
  size: number;
}

function emptyEvent(): EventDraft {
  return { type: '', id: undefined, lines: [], size: 0 };
}

/** A line that begins with a colon is a comment, and has no name. */
function read(line: string, event: EventDraft): void {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
  event.size += line.length;
  if (name === 'data') event.lines.push(value);
  else if (name === 'event') event.type = value;
  else if (name === 'id') event.id = value;
}
