import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseServerEvents, type ServerEvent } from '#client/server-events';

describe('a stream of events', () => {
  test('is taken apart at empty lines, with type, id and data', async () => {
    expect(await eventsOf('id: 7\ndata: {"a":1}\n\nevent: reset\ndata: 1\ndata:2\ndata\n\n')).toEqual([
      { type: 'message', id: '7', data: '{"a":1}' },
      { type: 'reset', id: undefined, data: '1\n2\n' },
    ]);
  });

  test('may hold comments, unknown fields and events without data, which are none', async () => {
    expect(await eventsOf(': 15 s\n\nretry: 100\n\nid: 8\n\nfoo: x\ndata: 1\n\n')).toEqual([
      { type: 'message', id: undefined, data: '1' },
    ]);
  });

  test('loses its last event when it breaks off', async () => {
    expect(await eventsOf('data: 1\n\ndata: 2\n')).toEqual([{ type: 'message', id: undefined, data: '1' }]);
  });

  test('only loses one blank behind the colon', async () => {
    expect(await eventsOf('data:  a: b \n\n')).toEqual([{ type: 'message', id: undefined, data: ' a: b ' }]);
  });

  test('means the same in any pieces and with any line ends', async () => {
    const line = fc.constantFrom(': x', 'data: Zoë 電話 😀', 'data:', 'id: 1', 'event: reset', '', '');
    const cuts = fc.array(fc.nat(40), { maxLength: 20 });
    const ends = fc.constantFrom('\n', '\r\n', '\r');
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), ends, cuts, async (lines, end, sizes) => {
        const whole = await eventsOf([...lines, '', ''].join('\n'));
        const text = Buffer.from(`\ufeff${[...lines, '', '', ''].join(end)}`);
        expect(await eventsOf(text, sizes)).toEqual(whole);
      }),
    );
  });

  test('ends with an error when one event has no end', async () => {
    const endless = async function* () {
      for (;;) yield Buffer.alloc(1024 ** 2, 'data: xxxxxxxxxxxxxxxxxxxxxxxxxx\n');
    };
    await expect(collect(parseServerEvents(endless()))).rejects.toBeInstanceOf(RangeError);
  });
});

/** What a stream holds that arrives in pieces of these sizes, then the rest. */
function eventsOf(stream: string | Buffer, sizes: readonly number[] = []): Promise<ServerEvent[]> {
  const bytes = Buffer.from(stream);
  return collect(
    parseServerEvents(
      (async function* () {
        let at = 0;
        for (const size of sizes) {
          yield bytes.subarray(at, at + size);
          at += size;
        }
        yield bytes.subarray(at);
      })(),
    ),
  );
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}
