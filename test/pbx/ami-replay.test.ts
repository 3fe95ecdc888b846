import { describe, expect, it } from 'vitest';
import { createAmiFraming } from '../../src/pbx/asterisk/ami-framing.ts';
import type { AmiMessage } from '../../src/pbx/asterisk/ami-message.ts';
import { type AmiClient, startAmiClient } from '../support/ami-client.ts';
import { cut, readRecording, recordingNames, WAYS_OF_CUTTING, withoutBanner } from '../support/ami-recordings.ts';
import { AmiServer } from '../support/ami-server.ts';

/** Sent behind a replay, to see that all before it was heard. */
const LAST = Buffer.from('Event: Last\r\n\r\n');

/** All events in bytes that follow a banner. */
function eventsIn(chunks: readonly Buffer[]): AmiMessage[] {
  const framing = createAmiFraming();
  framing.push(Buffer.from('banner\r\n'));
  return chunks.flatMap((chunk) => framing.push(chunk)).filter(({ event }) => event !== undefined);
}

/** What was heard, without the FullyBooted of our own login that begins each connection. */
function heardBy(client: AmiClient) {
  const events = client.signals.flatMap((signal, at) =>
    signal.kind === 'event' && client.signals[at - 1]?.kind !== 'up' ? [signal.message] : [],
  );
  return entriesOf(events.filter(({ event }) => event !== 'Last'));
}

const entriesOf = (messages: readonly AmiMessage[]) => messages.map((message) => message.entries());

async function isHeard(client: AmiClient, lasts: number): Promise<void> {
  for (let count = 1; ; count++) {
    await client.heard('event', count);
    if (client.story().filter((name) => name === 'Last').length >= lasts) return;
  }
}

/** Byte by byte takes a packet a byte: only for short ones here, the framing's own tests do it with all. */
const SHORT = ['01b-login-md5', '02e-queue-abandon-event-filter', '06g-originate-no-such-channel'];

describe('a replayed recording', () => {
  const cases = recordingNames.flatMap((name) =>
    WAYS_OF_CUTTING.filter((way) => way !== 'byte by byte' || SHORT.includes(name)).map((way) => ({ name, way })),
  );

  it.each(cases)('is heard over a real connection as it was said: $name, $way', async ({ name, way }) => {
    await using server = await AmiServer.start();
    await using client = startAmiClient(server);
    const expected: AmiMessage[] = [];
    let ups = 0;
    for (const { chunks } of readRecording(name)) {
      await client.heard('up', ++ups);
      const said = withoutBanner(chunks);
      expected.push(...eventsIn(said));
      const pieces = [...cut(said, way), LAST];
      if (way === 'joined') server.send(pieces);
      else await server.trickle(pieces);
      await isHeard(client, ups);
      server.hangUp();
      await client.reached('waiting');
      client.timers.advance(375 * 2 ** ups);
    }
    expect(heardBy(client)).toEqual(entriesOf(expected));
  });

  it.each(['02a-queue-abandon', '03a-queue-answered-agent-hangs-up', '07b-odd-caller-names'])(
    'cut inside a message at each border of %s loses that message only, and doubles and mixes none',
    async (name) => {
      const said = withoutBanner(readRecording(name)[0]?.chunks ?? []);
      const bytes = Buffer.concat(said);
      let border = 0;
      for (const chunk of said.slice(0, 40)) {
        border += chunk.length;
        // In the middle of a message: right behind the first line of the one that begins at the border, or holds it.
        const begin = bytes.lastIndexOf('\r\n\r\n', border - 1) + 4;
        const place = Math.min(bytes.length, bytes.indexOf('\r\n', begin) + 1);
        if (place <= begin) continue;
        const before = bytes.subarray(0, place);
        const after = bytes.subarray(bytes.indexOf('\r\n\r\n', place) + 4);
        await using server = await AmiServer.start();
        await using client = startAmiClient(server);
        await client.heard('up');
        await server.trickle([before]);
        server.hangUp();
        await client.heard('down');
        await client.reached('waiting');
        client.timers.advance(375);
        await client.heard('up', 2);
        server.send([after, LAST]);
        await isHeard(client, 1);
        const kept = [...eventsIn([before.subarray(0, begin)]), ...eventsIn([after])];
        expect(heardBy(client)).toEqual(entriesOf(kept));
      }
    },
  );
});
