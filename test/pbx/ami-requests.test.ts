import { describe, expect, it } from 'vitest';
import { AmiRefusedError, AmiUnansweredError, InvalidAmiActionError } from '../../src/pbx/asterisk/ami-errors.ts';
import { startAmiClient } from '../support/ami-client.ts';
import { type AmiAnswer, type AmiRequest, AmiServer, list, refuse, succeed } from '../support/ami-server.ts';

const silent: AmiAnswer = () => [];
const start = async (answers: Record<string, AmiAnswer> = {}) => await AmiServer.start({ answers });

describe('a request', () => {
  it('gets its own answer, in whichever order answers come', async () => {
    const asked: AmiRequest[] = [];
    const both: AmiAnswer = (request) => {
      asked.push(request);
      return asked.length < 2 ? [] : asked.reverse().map((one) => succeed(one, `For: ${one.headers.get('channel')}`));
    };
    await using server = await start({ status: both });
    await using client = startAmiClient(server);
    await client.heard('up');
    const answers = ['first', 'second'].map((name) => client.connection.request('Status', [['Channel', name]]));
    expect((await Promise.all(answers)).map((answer) => answer.get('For'))).toEqual(['first', 'second']);
    expect(new Set(server.requests.map(({ headers }) => headers.get('actionid'))).size).toBe(server.requests.length);
    expect(server.requests.every(({ headers }) => headers.get('actionid')?.startsWith('test-'))).toBe(true);
  });

  it('fails when the PBX answers with an error, whose words are shown on one line', async () => {
    await using server = await start({ originate: (request) => [refuse(request, 'Uniqueid too long\n')] });
    await using client = startAmiClient(server);
    await client.heard('up');
    const failed = client.connection.request('Originate');
    await expect(failed).rejects.toThrow(AmiRefusedError);
    await expect(failed).rejects.toMatchObject({ code: 'ami_refused', answer: 'Uniqueid too long' });
  });

  it('does not take the event OriginateResponse for its answer', async () => {
    const early: AmiAnswer = (request) => [
      ['Event: OriginateResponse', `ActionID: ${request.headers.get('actionid')}`, 'Response: Failure', 'Reason: 0'],
      succeed(request, 'Message: Originate successfully queued'),
    ];
    await using server = await start({ originate: early });
    await using client = startAmiClient(server);
    await client.heard('up');
    const actionId = client.connection.newActionId();
    const answer = await client.connection.request('Originate', [['Async', 'true']], { actionId });
    expect(answer.get('Message')).toBe('Originate successfully queued');
    const { message } = await client.heard('event', 2);
    expect(message.event).toBe('OriginateResponse');
    expect(message.get('ActionID')).toBe(actionId);
  });

  it('fails after its limit, and its late answer disturbs nothing', async () => {
    await using server = await start({ status: silent });
    await using client = startAmiClient(server);
    await client.heard('up');
    const failed = client.connection.request('Status', [], { timeoutMs: 5_000 });
    const { headers } = await server.received('Status');
    client.timers.advance(5_000);
    await expect(failed).rejects.toThrow(AmiUnansweredError);
    await expect(failed).rejects.toMatchObject({ isOutcomeUnknown: true, message: /Status was not answered.* 5 s/ });
    server.say([['Response: Success', `ActionID: ${headers.get('actionid')}`]]);
    expect((await client.connection.request('Ping')).get('Ping')).toBe('Pong');
  });

  it('fails when the connection ends, and says whether it can have been carried out', async () => {
    await using server = await start({ status: silent });
    await using client = startAmiClient(server);
    await client.heard('up');
    const failed = client.connection.request('Status').catch((error: unknown) => error);
    const listed = client.connection.list('Status').catch((error: unknown) => error);
    await server.received('Status', 2);
    server.hangUp();
    expect(await failed).toMatchObject({ code: 'ami_unanswered', isOutcomeUnknown: true });
    expect(await listed).toMatchObject({ code: 'ami_unanswered', isOutcomeUnknown: true });
    await client.reached('waiting');
    await expect(client.connection.request('Status')).rejects.toMatchObject({ isOutcomeUnknown: false });
    await expect(client.connection.list('Status')).rejects.toMatchObject({ isOutcomeUnknown: false });
  });

  it('is not sent when a line break hides in it', async () => {
    await using server = await start();
    await using client = startAmiClient(server);
    await client.heard('up');
    const name = 'A\r\nAction: Command\r\nCommand: core stop now';
    await expect(client.connection.request('Originate', [['CallerID', name]])).rejects.toThrow(InvalidAmiActionError);
    await expect(client.connection.list('QueueStatus', [['Queue', name]])).rejects.toThrow(InvalidAmiActionError);
    await client.connection.request('Ping');
    expect(server.requests.map(({ action }) => action)).not.toContain('Originate');
    expect(server.requests.map(({ action }) => action)).not.toContain('Command');
  });

  it('is refused when a thousand are unanswered already', async () => {
    await using server = await start({ status: silent });
    await using client = startAmiClient(server);
    await client.heard('up');
    const errors = Array.from({ length: 1_001 }, () =>
      client.connection.request('Status').catch((error: Error) => error),
    );
    expect(await errors.at(-1)).toMatchObject({ isOutcomeUnknown: false, message: /1000 requests are unanswered/ });
  });
});

describe('a list', () => {
  const entries: AmiAnswer = (request) => {
    const [first = [], second = [], ...others] = list(request, [
      ['Event: QueueEntry', 'Uniqueid: 1.1'],
      ['Event: QueueEntry', 'Uniqueid: 1.2'],
    ]);
    return [['Event: Before'], first, second, ['Event: Between', 'ActionID: another-1'], ...others, ['Event: After']];
  };

  it('has its items and none of the events between them', async () => {
    await using server = await start({ queuestatus: entries });
    await using client = startAmiClient(server);
    await client.heard('up');
    const items = await client.connection.list('QueueStatus');
    expect(items.map((item) => item.get('Uniqueid'))).toEqual(['1.1', '1.2']);
    await client.heard('event', 4);
    expect(client.story()).toEqual(['up', 'FullyBooted', 'Before', 'Between', 'After']);
  });

  it('is delivered among the events where it was read, if asked for so', async () => {
    await using server = await start({
      queuestatus: entries,
      status: (request) => [refuse(request, 'Permission denied')],
    });
    await using client = startAmiClient(server);
    await client.heard('up');
    client.connection.listInOrder('QueueStatus');
    const { result } = await client.heard('list');
    expect('value' in result && result.value.length).toBe(2);
    await client.heard('event', 4);
    expect(client.story()).toEqual(['up', 'FullyBooted', 'Before', 'Between', 'list', 'After']);
    client.connection.listInOrder('Status');
    expect(await client.heard('list', 2)).toMatchObject({
      action: 'Status',
      result: { error: { code: 'ami_refused' } },
    });
  });

  it('may be empty, refused, or never end', async () => {
    await using server = await start({
      status: (request) => [refuse(request, 'Permission denied')],
      parkedcalls: (request) => list(request, [['Event: ParkedCall']]).slice(0, 2),
    });
    await using client = startAmiClient(server);
    await client.heard('up');
    expect(await client.connection.list('CoreShowChannels')).toEqual([]);
    await expect(client.connection.list('Status')).rejects.toThrow(AmiRefusedError);
    const endless = client.connection.list('ParkedCalls', [], { timeoutMs: 3_000 });
    await server.received('ParkedCalls');
    client.timers.advance(3_000);
    await expect(endless).rejects.toThrow(AmiUnansweredError);
  });

  it('is given up when it has more than 50,000 items', async () => {
    await using server = await start({
      status: (request) =>
        list(
          request,
          Array.from({ length: 50_001 }, () => ['Event: Status']),
        ),
    });
    await using client = startAmiClient(server);
    await client.heard('up');
    await expect(client.connection.list('Status')).rejects.toThrow(/longer than 50000 items/);
    expect((await client.connection.request('Ping')).get('Ping')).toBe('Pong');
  });
});
