import { describe, expect, it } from 'vitest';
import { reconnectDelayMs } from '../../src/pbx/asterisk/ami-delay.ts';
import type { AmiSignal } from '../../src/pbx/asterisk/ami-inbox.ts';
import { startAmiClient } from '../support/ami-client.ts';
import { type AmiAnswer, AmiServer } from '../support/ami-server.ts';

const start = async () => await AmiServer.start();
const calls = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ['Event: Newchannel', `Uniqueid: ${from + at}`]);

describe('a PBX that hangs', () => {
  it('is noticed within 25 s by an unanswered Ping although its connection stays', async () => {
    await using server = await start();
    await using client = startAmiClient(server);
    await client.heard('up');
    server.say([['Event: Newchannel']]);
    await client.heard('event', 2);
    const heardAt = client.timers.clock.now();
    server.isSilent = true;
    const silentSince = client.timers.now();
    client.timers.advance(10_000);
    await server.received('Ping');
    expect(client.connection.state.phase).toBe('up');
    client.timers.advance(9_000);
    const down = await client.heard('down');
    expect(client.timers.now() - silentSince).toBeLessThan(25_000);
    expect(down).toMatchObject({
      heardAt,
      at: heardAt + 19,
      reason: expect.stringMatching(/no reply to Ping for 9 s/),
    });
    await client.reached('waiting');
    server.isSilent = false;
    client.timers.advance(375);
    await client.heard('up', 2);
  });

  it('is asked again and again while it answers', async () => {
    await using server = await start();
    await using client = startAmiClient(server);
    await client.heard('up');
    await client.pass(60_000);
    await server.received('Ping', 6);
    expect(client.connection.state.phase).toBe('up');
    expect(client.story()).not.toContain('down');
  });
});

describe('a PBX that stops gracefully', () => {
  const refusal: AmiAnswer = ({ headers }) => [
    ['Response: Error', `ActionID: ${headers.get('actionid')}`, 'Message: Asterisk is shutting down'],
  ];

  it('is heard to its end, though it refuses to answer', async () => {
    await using server = await AmiServer.start({ answers: { ping: refusal } });
    await using client = startAmiClient(server);
    await client.heard('up');
    await client.pass(30_000);
    await server.received('Ping', 3);
    server.say([
      ['Event: Hangup', 'Uniqueid: 1.1'],
      ['Event: Shutdown', 'Shutdown: Cleanly', 'Restart: False'],
    ]);
    await server.shutDown();
    expect(await client.heard('down')).toMatchObject({ reason: 'the PBX shuts down' });
    expect(client.story()).toEqual(['up', 'FullyBooted', 'Hangup', 'Shutdown', 'down']);
  });

  it('is not shown the secret instead, and is tried again like one that is gone', async () => {
    await using server = await AmiServer.start({ answers: { challenge: refusal, login: refusal } });
    await using client = startAmiClient(server);
    await client.reached('waiting');
    expect(client.connection.state.lastFailure?.reason).toBe('The PBX refuses Challenge: Asterisk is shutting down');
    expect(client.timers.pending[0]).toBe(375);
    expect(server.requests.map(({ action }) => action)).not.toContain('Login');
  });
});

describe('a PBX that is gone', () => {
  it('is tried again at growing distances of at most 30 s, and found once it is back', async () => {
    await using server = await start();
    await using client = startAmiClient(server);
    await client.heard('up');
    await client.pass(10_000);
    server.say([['Event: Shutdown', 'Shutdown: Cleanly', 'Restart: False']]);
    await server.shutDown();
    expect(await client.heard('down')).toMatchObject({ reason: 'the PBX shuts down' });
    const delays: number[] = [];
    for (let tries = 0; tries < 9; tries++) {
      await client.reached('waiting');
      delays.push(client.timers.pending[0] ?? 0);
      client.timers.advance(delays.at(-1) ?? 0);
      await client.reached('connecting');
    }
    await client.reached('waiting');
    expect(delays).toEqual([375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500]);
    expect(client.connection.state.lastFailure?.reason).toMatch(/ECONNREFUSED/);
    await server.listen();
    client.timers.advance(client.timers.pending[0] ?? 0);
    await client.heard('up', 2);
    expect(client.story().filter((kind) => kind === 'up' || kind === 'down')).toEqual(['up', 'down', 'up']);
  });

  it('is waited for between half and the whole of a delay that doubles up to 30 s', () => {
    expect([1, 2, 3, 7, 8, 1_000].map((failures) => reconnectDelayMs(failures, () => 1))).toEqual([
      500, 1_000, 2_000, 30_000, 30_000, 30_000,
    ]);
    expect(reconnectDelayMs(1, () => 0)).toBe(250);
    expect(reconnectDelayMs(Number.POSITIVE_INFINITY, () => 0)).toBe(15_000);
  });

  it('is not run after when it lets us in and throws us out each time', async () => {
    await using server = await start();
    await using client = startAmiClient(server);
    const delays: number[] = [];
    for (let times = 1; times <= 4; times++) {
      await client.heard('up', times);
      server.hangUp();
      await client.reached('waiting');
      delays.push(client.timers.pending[0] ?? 0);
      client.timers.advance(delays.at(-1) ?? 0);
    }
    expect(delays).toEqual([375, 750, 1_500, 3_000]);
  });
});

describe('a slow consumer', () => {
  it('never keeps the socket from being read, and gets everything in order once it is quick again', async () => {
    await using server = await start();
    const gate = Promise.withResolvers<void>();
    await using client = startAmiClient(server, { deliver: () => gate.promise });
    await client.reached('up');
    server.say(calls(0, 50_000));
    // Answered behind the events on the same socket, so they have been read.
    expect((await client.connection.request('Ping', [], { timeoutMs: 60_000 })).get('Ping')).toBe('Pong');
    expect(client.connection.state.queued).toBeGreaterThan(49_000);
    gate.resolve();
    await client.heard('event', 50_001);
    const ids = client.signals.flatMap((signal) => (signal.kind === 'event' ? [signal.message.get('Uniqueid')] : []));
    expect(ids.slice(1)).toEqual(Array.from({ length: 50_000 }, (_, at) => String(at)));
  });

  it('costs the connection when too much waits for it: then it hears of the loss, and only when it is through is there a new attempt', async () => {
    await using server = await start();
    const gate = Promise.withResolvers<void>();
    await using client = startAmiClient(server, { deliver: () => gate.promise, maxSignals: 500 });
    await client.reached('up');
    server.say(calls(0, 5_000));
    await client.reached('waiting');
    expect(client.connection.state.lastFailure?.reason).toBe('500 events wait to be processed, more are not kept');
    client.timers.advance(60_000);
    // An attempt would be seen after a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.connection.state.phase).toBe('waiting');
    gate.resolve();
    await client.heard('down');
    const story = client.story();
    expect(story.slice(0, 2)).toEqual(['up', 'FullyBooted']);
    expect(story.indexOf('down')).toBe(story.length - 1);
    const ids = client.signals.flatMap((signal) => (signal.kind === 'event' ? [signal.message.get('Uniqueid')] : []));
    // Without a hole: the first is as read, and each is followed by the next.
    expect(ids.slice(1)).toEqual(ids.slice(1).map((_, at) => String(at)));
    expect(ids.length).toBeGreaterThan(490);
    await client.connection.drained;
    await client.heard('up', 2);
  });

  it('is bounded in bytes as well', async () => {
    await using server = await start();
    const gate = Promise.withResolvers<void>();
    await using client = startAmiClient(server, { deliver: () => gate.promise, maxBytes: 100_000 });
    await client.reached('up');
    const text = `Text: ${'x'.repeat(60_000)}`;
    server.say([['Event: Fits', text], ['Event: TooMuch', text], ['Event: WouldFit']]);
    await client.reached('waiting');
    gate.resolve();
    await client.heard('down');
    // Nothing behind the first that is missing, or nobody would know that it is.
    expect(client.story()).toEqual(['up', 'FullyBooted', 'Fits', 'down']);
  });

  it('that throws costs the connection, so that what it missed is asked for again', async () => {
    await using server = await start();
    const broken = Promise.withResolvers<void>();
    const has = (name: string) => (signal: AmiSignal) => signal.kind === 'event' && signal.message.event === name;
    await using client = startAmiClient(server, {
      deliver: async (signals) => {
        if (signals.some(has('Hangup'))) await broken.promise;
      },
    });
    await client.heard('event');
    client.timers.advance(3_000);
    const lostAt = client.timers.clock.now();
    server.say([['Event: Hangup']]);
    await client.connection.request('Ping');
    client.timers.advance(3_000);
    server.say([['Event: Newchannel']]);
    await client.connection.request('Ping');
    broken.reject(new Error('disk full'));
    expect(await client.heard('down')).toMatchObject({ reason: 'an event could not be processed', heardAt: lostAt });
    expect(client.story()).toEqual(['up', 'FullyBooted', 'Newchannel', 'down']);
    expect(client.log.join('')).toContain('disk full');
    await client.reached('waiting');
    client.timers.advance(375);
    await client.heard('up', 2);
  });
});

describe('events', () => {
  it('that are not wanted are not delivered, but show that the PBX speaks', async () => {
    await using server = await start();
    await using client = startAmiClient(server, { isWanted: (event) => event === 'Hangup' });
    await client.heard('up');
    client.timers.advance(5_000);
    server.say([['Event: VarSet'], ['Event: Hangup'], ['Event: VarSet']]);
    await client.heard('event');
    await client.connection.request('Ping');
    expect(client.story()).toEqual(['up', 'Hangup']);
    expect(client.connection.state.lastEventAt).toBe(client.timers.clock.now());
  });
});
