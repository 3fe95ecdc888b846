import { describe, expect, it } from 'vitest';
import { AmiServer, list, refuse } from '../support/ami-server.ts';
import { inboundCall, outboundAnswered } from '../support/asterisk-calls.ts';
import { startWatch } from '../support/watched.ts';

const RUN = '2026-11-23 20:22:09';

describe('watching an Asterisk', () => {
  it('tells who was missed soon after the hang-up, and who was reached', async () => {
    await using server = await AmiServer.start();
    await using watched = startWatch(server);
    await watched.isUp();
    const [a, b] = [inboundCall('1795465000.1'), inboundCall('1795465000.2', '+441632960002')];
    server.say([a.begins, a.joins, b.begins, b.joins]);
    await watched.until(() => watched.watch.status().waitingCallers.length === 2);
    const before = performance.now();
    server.say([...a.givesUp, ...b.isConnected, ...outboundAnswered('1795465000.3', '+441632960003')]);
    await watched.until(() => watched.verdicts().length === 3);
    expect(performance.now() - before).toBeLessThan(1000);
    expect(watched.verdicts()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'missed', pbx: RUN, number: '+441632960001', kind: 'queue_hangup' }),
        expect.objectContaining({ type: 'reached', how: 'inbound', numbers: ['+441632960002'] }),
        expect.objectContaining({
          type: 'reached',
          how: 'outbound',
          numbers: expect.arrayContaining(['+441632960003']),
        }),
      ]),
    );
    expect(watched.watch.status().numbersOnLine).toContain('+441632960002');
  });

  it('is up only when it knows what is there', async () => {
    let letGo = () => {};
    await using server = await AmiServer.start({
      answers: {
        queuestatus: (request) => {
          letGo = () => server.say(list(request, [inboundCall('1795465000.1').waits(8)]));
          return [];
        },
      },
    });
    await using watched = startWatch(server);
    await server.received('CoreShowChannels');
    expect(watched.watch.phase()).toBe('catching_up');
    letGo();
    await watched.isUp();
    const [waiting] = watched.watch.status().waitingCallers;
    expect(waiting).toMatchObject({ queue: 'sales', number: '+441632960001' });
    expect(Date.now() / 1000 - (waiting?.since ?? 0)).toBeLessThan(11);
    expect(watched.gaps()).toEqual([]);
  });

  it('goes on without the right to list channels, and without queues', async () => {
    await using server = await AmiServer.start({
      answers: {
        coreshowchannels: (request) => [refuse(request, 'Permission denied')],
        queuestatus: (request) => [refuse(request, 'Invalid/unknown command')],
      },
    });
    await using watched = startWatch(server);
    await watched.isUp();
  });

  it('counts where calls began that came in by themselves', async () => {
    await using server = await AmiServer.start();
    await using watched = startWatch(server, { inboundContexts: ['from-pstn'] });
    await watched.isUp();
    server.say([inboundCall('1795465000.1').begins, ...outboundAnswered('1795465000.3', '+441632960003')]);
    await watched.until(() => watched.watch.status().contextsSeen.length === 2);
    expect(watched.watch.status().contextsSeen).toEqual(
      expect.arrayContaining([
        { context: 'from-trunk', calls: 1, isInbound: false },
        { context: 'from-internal', calls: 1, isInbound: false },
      ]),
    );
  });

  it('understands nothing more while what it found is not taken, and loses nothing by it', async () => {
    await using server = await AmiServer.start();
    const taken = Promise.withResolvers<void>();
    let isBlocked = false;
    await using watched = startWatch(server, { report: () => (isBlocked ? taken.promise : Promise.resolve()) });
    await watched.isUp();
    isBlocked = true;
    const calls = Array.from({ length: 20 }, (_, n) => inboundCall(`1795465000.${n}`));
    for (const [n, call] of calls.entries()) {
      server.say([call.begins, call.joins, ...call.givesUp]);
      await watched.until(() => watched.watch.status().events >= 6 * (n + 1));
      if (n === 0) await watched.until(() => watched.watch.status().legs === 0);
    }
    await watched.until(() => watched.watch.status().queued >= 6 * 18);
    expect(watched.verdicts()).toEqual([]);
    isBlocked = false;
    taken.resolve();
    await watched.until(() => watched.verdicts().length === 20);
    expect(new Set(watched.verdicts().map(({ legId }) => legId)).size).toBe(20);
  });

  it('stops at any moment, twice, and leaves nothing behind', async () => {
    await using server = await AmiServer.start();
    const unstarted = startWatch(server);
    await Promise.all([unstarted.watch.stop(), unstarted.watch.stop()]);
    const watched = startWatch(server);
    await watched.isUp();
    const a = inboundCall('1795465000.1');
    server.say([a.begins, a.joins, ...a.givesUp]);
    await watched.until(() => watched.watch.status().events >= 7);
    await watched.watch.stop();
    expect(watched.verdicts()).toHaveLength(1);
    expect(watched.watch.phase()).toBe('stopped');
  });
});
