/** One event of a stream as it came. */
export interface ReceivedEvent {
  type: string;
  id: string | undefined;
  data: string;
}

export interface EventReader {
  response: Response;
  /** The next event; undefined when the stream has ended. */
  next(): Promise<ReceivedEvent | undefined>;
  /** As many events as that. */
  take(count: number): Promise<ReceivedEvent[]>;
  /** Everything that came, comments and all. */
  text(): string;
  close(): Promise<void>;
}

/** Reads a stream of events, block by block, as simply as the standard allows. */
export function readEvents(response: Response): EventReader {
  if (response.body === null) throw new Error('There is no stream');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let all = '';
  let rest = '';
  const waiting: ReceivedEvent[] = [];

  const next = async (): Promise<ReceivedEvent | undefined> => {
    while (waiting.length === 0) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      const text = decoder.decode(value, { stream: true });
      all += text;
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      waiting.push(...blocks.flatMap(eventOf));
    }
    return waiting.shift();
  };
  return {
    response,
    next,
    async take(count) {
      const events: ReceivedEvent[] = [];
      while (events.length < count) {
        const event = await next();
        if (event === undefined) throw new Error(`The stream ended after ${events.length} of ${count} events: ${all}`);
        events.push(event);
      }
      return events;
    },
    text: () => all,
    close: () => reader.cancel(),
  };
}

function eventOf(block: string): ReceivedEvent[] {
  const lines = block.split('\n');
  const member = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const data = member('data');
  return data === undefined ? [] : [{ type: member('event') ?? 'message', id: member('id'), data }];
}
