import { describe, expect, it } from 'vitest';
import { createAmiFraming } from '../../src/pbx/asterisk/ami-framing.ts';
import { unescapeAmi } from '../../src/pbx/asterisk/ami-unescape.ts';
import { fuzzFraming, plainEvents } from '../support/ami-mutations.ts';
import { cut, readRecording, recordingNames, WAYS_OF_CUTTING } from '../support/ami-recordings.ts';

const BANNER = 'Asterisk Call Manager/11.0.0\r\n';

function frame(chunks: readonly Uint8Array[], limits = {}) {
  const framing = createAmiFraming(limits);
  const messages = chunks.flatMap((chunk) => framing.push(chunk));
  return { messages, banner: framing.banner, dropped: framing.dropped };
}

const frameText = (text: string, limits = {}) => frame([Buffer.from(BANNER + text)], limits);
const recorded = (name: string) => frame(readRecording(name)[0]?.chunks ?? []).messages;

describe('the framing of recordings', () => {
  it('has recordings to read', () => {
    expect(recordingNames.length).toBeGreaterThan(50);
  });

  it.each(recordingNames)('reads the same from %s however it is cut', (name) => {
    for (const { chunks } of readRecording(name)) {
      const [whole, ...others] = WAYS_OF_CUTTING.map((way) => frame(cut(chunks, way)));
      const all = (framed: typeof whole) => framed?.messages.map((message) => message.entries());
      expect(whole?.messages.map(({ event }) => event)).toEqual(plainEvents(Buffer.concat(chunks)));
      for (const other of others) expect(all(other)).toEqual(all(whole));
      expect(whole).toMatchObject({ banner: 'Asterisk Call Manager/11.0.0', dropped: 0 });
    }
  });

  it('finds no event in a caller name that holds line breaks and "Event: Fake"', () => {
    const messages = recorded('07b-odd-caller-names');
    expect(messages.filter(({ event }) => event === 'Fake')).toEqual([]);
    const names = messages.map((message) => unescapeAmi(message.get('CallerIDName') ?? ''));
    expect(names).toContain('Jane Doe\r\nEvent: Fake');
    const record = messages.find((message) => message.get('CallerID')?.includes('Event: Fake'));
    expect(record?.event).toBe('Cdr');
    expect(record?.get('CallerID')).toBe('"Jane Doe\\\r\\\nEvent: Fake" <+493023125040>');
  });

  it('reads names in UTF-8 and those that are none as ISO-8859-1', () => {
    const names = new Set(recorded('07b-odd-caller-names').map((message) => message.get('CallerIDName')));
    expect(names).toContain('Müller Jörg');
    expect([...names].some((name) => name?.includes('😀') || /\p{Emoji_Presentation}/u.test(name ?? ''))).toBe(true);
  });

  it('passes over the rest of a value with a line break in it', () => {
    const odd = recorded('07b-odd-caller-names').find((message) => message.get('UserEvent') === 'Odd');
    expect(odd?.get('Break')).toBe('line1');
    expect(odd?.get('Colon')).toBe('a: b:c');
    expect(odd?.get('Unicode')).toBe('Größe €');
    expect(odd?.entries().some(([name]) => name === 'line2')).toBe(false);
  });

  it('ends a line at CR LF and not at the bare LF of an error message', () => {
    const refusal = recorded('06j-originate-refusals').find((message) => message.get('ActionID') === 'a8');
    expect(refusal?.get('Message')).toBe('Uniqueid length exceeds maximum of 149\n');
  });

  it('takes OriginateResponse for an event although it has a header Response', () => {
    const response = recorded('06a-originate-answered').find(({ event }) => event === 'OriginateResponse');
    expect(response?.get('Response')).toBe('Success');
  });

  it('keeps every value of a header that repeats, in order', () => {
    const output = recorded('07d-command-output').find((message) => message.all('Output').length > 2);
    expect(output?.all('output')).toEqual(
      output?.entries().flatMap(([name, value]) => (name === 'output' ? [value] : [])),
    );
    expect(output?.get('Output')).toBe(output?.all('Output')[0]);
  });
});

describe('the framing', () => {
  it('parts name and value at the first colon, takes one blank away, and knows names in any case', () => {
    const { messages } = frameText('Event: A\r\nUrl:  http://x:1\r\nbare:v\r\nEmpty:\r\nEMPTY2: \r\n\r\n');
    const [message] = messages;
    expect(message?.entries()).toEqual([
      ['event', 'A'],
      ['url', ' http://x:1'],
      ['bare', 'v'],
      ['empty', ''],
      ['empty2', ''],
    ]);
    expect(message?.get('URL')).toBe(' http://x:1');
    expect(message?.get('absent')).toBeUndefined();
    expect(message?.get('__proto__')).toBeUndefined();
    expect(message?.all('absent')).toEqual([]);
  });

  it('lets the first of two headers Event count, as the second can only be a part of a value', () => {
    const { messages } = frameText(
      'Event: UserEvent\r\nText: a\r\nEvent: Hangup\r\n\r\nText: b\r\nevent: Late\r\n\r\n',
    );
    expect(messages.map(({ event }) => event)).toEqual(['UserEvent', 'Late']);
  });

  it('passes over blank lines between messages', () => {
    const { messages } = frameText('\r\n\r\nEvent: A\r\n\r\n\r\n\r\n\r\nEvent: B\r\n\r\n');
    expect(messages.map(({ event }) => event)).toEqual(['A', 'B']);
  });

  it('gives nothing of a message whose end has not come', () => {
    expect(frameText('Event: A\r\nB: c\r\n\r').messages).toEqual([]);
  });

  it('drops a message over a limit, counts it, and goes on with the next, however it is cut', () => {
    const limits = { maxMessageBytes: 50, maxHeaders: 4 };
    const text = [
      `Event: Fits\r\nA: ${'x'.repeat(50 - 'Event: Fits\r\nA: '.length)}`,
      `Event: Long\r\nA: ${'x'.repeat(51 - 'Event: Long\r\nA: '.length)}`,
      `Event: Longer\r\nA: ${'x\r'.repeat(1000)}`,
      'Event: Four\r\na:1\r\na:2\r\na:3',
      'Event: Five\r\na:1\r\na:2\r\na:3\r\na:4',
      'Event: Last',
      '',
    ].join('\r\n\r\n');
    const bytes = Buffer.from(BANNER + text);
    for (let size = 1; size < 150; size++) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      const { messages, dropped } = frame(chunks, limits);
      expect(messages.map(({ event }) => event)).toEqual(['Fits', 'Four', 'Last']);
      expect(dropped).toBe(3);
    }
  });

  it('holds no more than the limit of a message that never ends', () => {
    const framing = createAmiFraming({ maxMessageBytes: 100_000 });
    framing.push(Buffer.from(`${BANNER}Event: Endless\r\n`));
    // Always the same chunk, so that only what the framing keeps can grow.
    const chunk = Buffer.alloc(1024 * 1024, 'Endless: x\r\n');
    const before = process.memoryUsage().arrayBuffers;
    for (let sent = 0; sent < 200; sent++) framing.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    expect(framing.dropped).toBe(1);
    expect(framing.push(Buffer.from('\r\n\r\nEvent: Next\r\n\r\n')).map(({ event }) => event)).toEqual(['Next']);
  });

  it('takes the first 256 bytes for the banner of a server that sends no line', () => {
    const chunk = Buffer.from('x'.repeat(1000));
    expect(frame([chunk]).banner).toBe('x'.repeat(256));
    expect(frame(cut([chunk], 'byte by byte')).banner).toBe('x'.repeat(256));
  });

  it('reads 20,000 events in far less than a second of processor time', () => {
    const chunks = readRecording('03c-queue-ringall-two-agents')[0]?.chunks ?? [];
    const begun = process.cpuUsage();
    let events = 0;
    while (events < 20_000) {
      for (const message of frame(chunks).messages) if (message.get('Uniqueid') !== '') events++;
    }
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1_000_000).toBeLessThan(0.7);
  });

  it('throws at nothing and finds no event that is not there in 100,000 messages of changed recordings', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const recordings = recordingNames.flatMap((name) => readRecording(name).map(({ chunks }) => Buffer.concat(chunks)));
    const result = fuzzFraming(recordings, { messages: 100_000, seed });
    expect({ seed, failure: result.failure }).toEqual({ seed, failure: undefined });
    expect(result.read).toBeGreaterThanOrEqual(100_000);
  });
});

describe('unescapeAmi', () => {
  it('takes C escapes away and leaves everything else', () => {
    expect(unescapeAmi("O\\'Brien")).toBe("O'Brien");
    expect(unescapeAmi('say \\"x\\"\\r\\n\\t\\\\n')).toBe('say "x"\r\n\t\\n');
    expect(unescapeAmi('C:\\dir \\')).toBe('C:\\dir \\');
  });
});
