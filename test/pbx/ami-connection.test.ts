import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseAmiAddress } from '../../src/pbx/asterisk/ami-address.ts';
import { startAmiClient } from '../support/ami-client.ts';
import { AmiServer, type AmiServerOptions, refuse } from '../support/ami-server.ts';

const start = async (options: AmiServerOptions = {}) => await AmiServer.start(options);
const names = (server: AmiServer) => server.requests.map(({ action }) => action);

describe('the login', () => {
  it('goes by challenge, so that the secret is never sent, and asks who the PBX is', async () => {
    await using server = await start();
    await using client = startAmiClient(server);
    const { identity } = await client.heard('up');
    expect(names(server)).toEqual(['Challenge', 'Login', 'CoreSettings', 'CoreStatus']);
    // As recorded: md5 of the challenge and the secret.
    expect(server.requests[1]?.headers.get('key')).toBe('0c40c26cbe750e00c2861094e2d7de26');
    expect(server.requests.some(({ text }) => text.includes(server.secret))).toBe(false);
    expect(identity).toEqual({
      banner: 'Asterisk Call Manager/11.0.0',
      version: '22.10.1',
      systemName: '',
      startedAtLocal: '2026-11-23 20:22:09',
      startedAt: client.timers.clock.now() - 90,
    });
    expect(client.connection.state).toMatchObject({
      phase: 'up',
      identity,
      lastFailure: undefined,
      queued: 0,
      dropped: 0,
    });
  });

  it('sends the secret where no challenge is offered, within this machine', async () => {
    await using server = await start({ hasChallenge: false });
    await using client = startAmiClient(server);
    await client.heard('up');
    expect(names(server).slice(0, 2)).toEqual(['Challenge', 'Login']);
  });

  it('does not send the secret unencrypted to another machine', async () => {
    await using server = await start({ hasChallenge: false });
    // Reaches this machine, but does not say so.
    const address = { ...parseAmiAddress(server.url), host: '0.0.0.0' };
    await using client = startAmiClient(server, { address });
    await client.reached('waiting');
    expect(client.connection.state.lastFailure?.reason).toMatch(/not sent unencrypted to 0\.0\.0\.0: use amis:/);
    expect(names(server)).toEqual(['Challenge']);
  });

  it('says who was refused and what to check, shows the secret nowhere, and does not try again soon', async () => {
    await using server = await start();
    const address = { ...parseAmiAddress(server.url), secret: 'very-wrong-secret' };
    await using client = startAmiClient(server, { address });
    await client.reached('waiting');
    const reason =
      'The PBX refuses the login of connector (Authentication failed): check user, secret and permit of that user in manager.conf';
    expect(client.connection.state.lastFailure).toEqual({ at: client.timers.clock.now(), reason });
    expect(client.timers.pending).toEqual([22_500]);
    expect(client.log.join('')).toContain(reason);
    expect(JSON.stringify([client.connection.state, client.log, client.signals])).not.toContain('very-wrong-secret');
    client.timers.advance(22_500);
    await server.received('Login', 2);
  });

  it('tells that a port is none of a manager', async () => {
    await using server = await start({ banner: 'SSH-2.0-OpenSSH_9.6\x1b[31m' });
    await using client = startAmiClient(server);
    await client.reached('waiting');
    expect(client.connection.state.lastFailure?.reason).toBe(
      'No manager port of Asterisk answers there, its first words are: SSH-2.0-OpenSSH_9.6 [31m',
    );
    expect(server.requests).toEqual([]);
  });

  it('gives a server 10 s for its first word', async () => {
    await using server = await start();
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const accepted = once(mute, 'connection');
    await using client = startAmiClient(server, { address: { ...parseAmiAddress(server.url), port } });
    await accepted;
    client.timers.advance(9_999);
    expect(client.connection.state.phase).toBe('connecting');
    client.timers.advance(1);
    await client.reached('waiting');
    expect(client.connection.state.lastFailure?.reason).toBe(`no answer from 127.0.0.1:${port} for 10 s`);
    await client.connection.stop();
    await new Promise((resolve) => mute.close(resolve));
  });

  it('goes on without the right to ask for version and start', async () => {
    const refused = { coresettings: denied, corestatus: denied };
    await using server = await start({ answers: refused });
    await using client = startAmiClient(server);
    const { identity } = await client.heard('up');
    expect(identity).toMatchObject({ version: undefined, startedAtLocal: undefined, systemName: '' });
    expect(identity.startedAt).toBe(client.timers.clock.now() - 90);
  });
});

describe('the wait for FullyBooted', () => {
  it('holds back what comes before it, and then tells of the connection first', async () => {
    await using server = await start({ isBooted: false });
    await using client = startAmiClient(server);
    await client.reached('booting');
    server.say([['Event: QueueMemberAdded'], ['Event: Newchannel']]);
    await client.pass(25_000);
    expect(client.story()).toEqual([]);
    expect(client.connection.state).toMatchObject({ phase: 'booting', queued: 2 });
    server.boot();
    await client.heard('event', 3);
    expect(client.story()).toEqual(['up', 'QueueMemberAdded', 'Newchannel', 'FullyBooted']);
  });

  it('ends after 30 s, forgets what came meanwhile, says which right may be missing, and tries again', async () => {
    await using server = await start({ isBooted: false });
    await using client = startAmiClient(server);
    await client.reached('booting');
    server.say([['Event: QueueMemberAdded']]);
    await client.pass(29_000);
    client.timers.advance(1_000);
    await client.reached('waiting');
    expect(client.connection.state).toMatchObject({ queued: 0 });
    expect(client.connection.state.lastFailure?.reason).toMatch(
      /no FullyBooted for 30 s: .*connector lacks read = system/,
    );
    client.timers.advance(375);
    await server.received('Login', 2);
    await client.reached('booting');
    server.boot();
    await client.heard('up');
    expect(client.story()[0]).toBe('up');
    expect(client.story()).not.toContain('QueueMemberAdded');
  });
});

describe('stop', () => {
  it.each(['connecting', 'authenticating', 'booting', 'up', 'waiting'] as const)(
    'ends everything while %s, and may be called twice',
    async (phase) => {
      const silent = () => [];
      await using server = await start({
        isBooted: phase !== 'booting',
        ...(phase === 'authenticating' ? { answers: { challenge: silent } } : {}),
        ...(phase === 'waiting' ? { answers: { challenge: denied, login: denied } } : {}),
      });
      await using client = startAmiClient(server);
      await client.reached(phase);
      expect(client.connection.state.phase).toBe(phase);
      await Promise.all([client.connection.stop(), client.connection.stop()]);
      await client.connection.stop();
      expect(client.connection.state.phase).toBe('stopped');
      expect(client.timers.pending).toEqual([]);
      if (phase === 'up') {
        await server.received('Logoff');
        await client.connection.drained;
        expect(client.signals.at(-1)).toMatchObject({ kind: 'down', reason: 'stopped' });
      }
      client.connection.start();
      await client.reached(phase);
    },
  );

  it('may be called by the consumer, and does nothing before a start', async () => {
    await using server = await start();
    const stopped = Promise.withResolvers<void>();
    await using client = startAmiClient(server, {
      deliver: async (signals) => {
        if (signals[0]?.kind === 'up') await client.connection.stop().then(stopped.resolve);
      },
    });
    await stopped.promise;
    await client.heard('down');
    expect(client.connection.state.phase).toBe('stopped');
  });
});

function denied(request: Parameters<typeof refuse>[0]) {
  return [refuse(request, 'Permission denied')];
}
