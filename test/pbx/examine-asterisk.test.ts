import { describe, expect, it } from 'vitest';
import { parseAmiAddress } from '../../src/pbx/asterisk/ami-address.ts';
import { rightsWarnings } from '../../src/pbx/asterisk/ami-rights.ts';
import { type AsteriskQuestion, examineAsterisk } from '../../src/pbx/asterisk/examine-asterisk.ts';
import { managerPortGreets } from '../../src/pbx/asterisk/manager-port-greets.ts';
import { type AmiRequest, AmiServer, list, refuse, succeed } from '../support/ami-server.ts';
import { answersOf } from '../support/ami-user.ts';

const question = (url: string, more: Partial<AsteriskQuestion> = {}): AsteriskQuestion => ({
  address: parseAmiAddress(url),
  inboundContexts: ['from-trunk', 'from-pstn'],
  clock: { now: () => 1_795_465_587.475_488 },
  ...more,
});

const pathOf = (server: AmiServer) => server.requests.map(({ action }) => action);

describe('the examination of a PBX', () => {
  it('tells what the PBX is, what is up and what the user may do, and logs off', async () => {
    await using server = await AmiServer.start({
      answers: {
        ...answersOf({ write: ['reporting'], contexts: ['from-trunk'] }),
        coreshowchannels: (request) => list(request, [['Event: CoreShowChannel', 'Uniqueid: 1']]),
        queuestatus: (request) =>
          list(request, [['Event: QueueParams'], ['Event: QueueMember'], ['Event: QueueParams']]),
      },
    });
    const facts = await examineAsterisk(question(server.url));
    expect(facts).toEqual({
      failedAt: undefined,
      isBooted: true,
      version: '22.10.1',
      systemName: '',
      startedAt: 1_795_465_497,
      clockAheadSeconds: 0,
      rights: { write: [], isDangerous: false },
      channels: 1,
      queues: 2,
      contexts: new Map([
        ['from-trunk', true],
        ['from-pstn', false],
      ]),
    });
    await server.received('Logoff');
  });

  it('only asks, and for nothing that could change the PBX', async () => {
    await using server = await AmiServer.start({ answers: answersOf({ write: ['all'] }) });
    await examineAsterisk(question(server.url));
    await server.received('Logoff');
    expect(new Set(pathOf(server))).toEqual(
      new Set(
        'Challenge Login CoreSettings CoreStatus CoreShowChannels QueueStatus ShowDialPlan Ping ListCommands Getvar Logoff'.split(
          ' ',
        ),
      ),
    );
    expect(server.requests.find(({ action }) => action === 'Getvar')?.headers.get('variable')).toBe('STAT(e,/)');
  });

  it('goes on without FullyBooted and without the rights to list, and says so', async () => {
    await using server = await AmiServer.start({ isBooted: false, answers: answersOf({ write: [] }) });
    const facts = await examineAsterisk(question(server.url, { bootLimitMs: 1 }));
    expect(facts).toMatchObject({ isBooted: false, version: undefined, startedAt: undefined, channels: undefined });
    expect(facts).toMatchObject({
      contexts: new Map([
        ['from-trunk', undefined],
        ['from-pstn', undefined],
      ]),
    });
  });

  it('tells how far the clock of the PBX is ahead', async () => {
    await using server = await AmiServer.start({
      answers: { ping: (request) => [succeed(request, 'Ping: Pong', 'Timestamp: 1795465707.475488')] },
    });
    expect(await examineAsterisk(question(server.url))).toMatchObject({ clockAheadSeconds: 120 });
  });

  it('tells of a refused login, and from which address it was tried', async () => {
    await using server = await AmiServer.start();
    const facts = await examineAsterisk(question(server.url.replace('connector-secret', 'wrong')));
    expect(facts).toMatchObject({ failedAt: 'login', localAddress: '127.0.0.1' });
    expect(facts).toMatchObject({ reason: expect.stringContaining('refuses the login of connector') });
    expect(JSON.stringify(facts)).not.toContain('wrong');
  });

  it('tells when nothing listens, when something else does, and when nobody answers', async () => {
    const server = await AmiServer.start();
    await server[Symbol.asyncDispose]();
    expect(await examineAsterisk(question(server.url))).toMatchObject({ failedAt: 'connecting', code: 'ECONNREFUSED' });

    await using ssh = await AmiServer.start({ banner: 'SSH-2.0-OpenSSH_9.2' });
    expect(await examineAsterisk(question(ssh.url))).toMatchObject({
      failedAt: 'greeting',
      reason: expect.stringContaining('SSH-2.0'),
    });

    await using hung = await AmiServer.start({ answers: { coreshowchannels: () => [] } });
    expect(await examineAsterisk(question(hung.url, { limitMs: 300 }))).toMatchObject({
      failedAt: 'questions',
      reason: 'no answer within 0.3 s',
    });
  });
});

describe('the rights of a user', () => {
  const rightsOf = async (write: string[], more: { isDangerous?: boolean } = {}) => {
    await using server = await AmiServer.start({ answers: answersOf({ write, ...more }) });
    const facts = await examineAsterisk(question(server.url));
    if (facts.failedAt !== undefined || facts.rights === undefined) throw new Error('not examined');
    return rightsWarnings('connector', facts.rights);
  };

  it('each have to go by name for a user with write=all', async () => {
    expect(await rightsOf(['all'])).toEqual([
      'take system, command, config out of write = of [connector] in manager.conf: who gets its secret could take over the PBX, and agent, user, which nobody needs here',
    ]);
  });

  it.each(['system', 'command', 'config'])('are warned of when %s is among them', async (right) => {
    expect(await rightsOf(['reporting', right])).toEqual([
      expect.stringMatching(`^take ${right} out of write = of .connector. in manager.conf: [^,]*$`),
    ]);
  });

  it('are no matter when they are those that are needed', async () => {
    expect(await rightsOf(['reporting'])).toEqual([]);
    expect(await rightsOf(['reporting', 'call', 'originate'])).toEqual([]);
    expect(await rightsOf([])).toEqual([]);
  });

  it('are worse where the PBX lives dangerously', async () => {
    expect(await rightsOf(['reporting'], { isDangerous: true })).toEqual([
      expect.stringContaining('live_dangerously = no in asterisk.conf'),
    ]);
  });

  it('stay unknown where the PBX does not list its actions', async () => {
    const listcommands = (request: AmiRequest) => [refuse(request, 'Invalid/unknown command')];
    await using server = await AmiServer.start({ answers: { listcommands } });
    expect(await examineAsterisk(question(server.url))).toMatchObject({ rights: undefined });
  });
});

it('sees where a manager port greets, and where none does', async () => {
  await using server = await AmiServer.start();
  await using other = await AmiServer.start({ banner: 'SSH-2.0-OpenSSH_9.2' });
  expect(await managerPortGreets('127.0.0.1', server.port)).toBe(true);
  expect(await managerPortGreets('127.0.0.1', other.port)).toBe(false);
  await server.shutDown();
  expect(await managerPortGreets('127.0.0.1', server.port)).toBe(false);
});
