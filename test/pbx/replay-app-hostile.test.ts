import { afterEach, describe, expect, it } from 'vitest';
import { randomOf } from '../../bench/make-calls.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AmiPlayer } from '../support/ami-player.ts';
import { AmiServer, list, succeed } from '../support/ami-server.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { inboundCall } from '../support/asterisk-calls.ts';
import { callMessages } from '../support/call-messages.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { type PbxListener, startPbxListener } from '../support/pbx-listener.ts';
import { secondsOf } from '../support/pbx-watch.ts';

/** Of the settings of a project that calls back by itself, but only at home. */
const AUTO = {
  kinds: ['queue_hangup'],
  shortestWaitSeconds: 0,
  type: 'queue',
  destination: 'sales',
  outboundType: 'auto',
  attendType: 'attended',
  priority: 0,
  maxRetries: 0,
  outboundNumber: null,
  scheduleAfterSeconds: null,
} as const;
const CEILING = 10;

async function listenTo(numbers: readonly string[], country: string): Promise<PbxListener> {
  const timers = new ManualTimers();
  const player = await AmiPlayer.start({ now: () => secondsOf(timers) });
  const projects = [
    {
      ...{ id: 1, name: 'Sales', country, allowedCountries: [country], mostAutoPerMinute: CEILING },
      missedCalls: AUTO,
    },
  ];
  const listener = await startPbxListener({ player, timers, settings: { projects } as never });
  cleanups.push(async () => {
    await listener[Symbol.asyncDispose]();
    await player[Symbol.asyncDispose]();
  });
  await listener.pbx.isUp();
  for (const [nth, number] of numbers.entries()) {
    const call = callMessages(`1795464990.${nth}`, number);
    await player.say([...call.begins, ...call.joins, ...call.givesUp]);
  }
  await listener.hasHeardAll();
  return listener;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function reasonsOf(listener: PbxListener): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const row of await listener.rows()) {
    const [first] = (await listener.store.history(row.id, null)) ?? [];
    const reason = `${row.outboundType} ${first?.facts?.manual_because ?? 'because it may be'}`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

describe('a missed call is an order by a stranger', () => {
  it('that makes nobody call a premium, satellite or foreign number, however many are forged', {
    timeout: 60_000,
  }, async () => {
    const random = randomOf(Number(process.env.CALLQUEUE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31)));
    const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
    // Premium numbers of several countries, networks of satellites, and places known for calls that cost.
    const prefixes = ['+449098790', '+1900', '+491900', '+881', '+882', '+883', '+8816', '+675', '+252', '+371', '+53'];
    const forged = () => {
      const prefix = prefixes[Math.floor(random() * prefixes.length)] as string;
      return prefix + digits(prefix.startsWith('+44') ? 3 : 7 + Math.floor(random() * 3));
    };
    const numbers = Array.from({ length: 10_000 }, forged);
    const listener = await listenTo(numbers, 'US');
    expect(await reasonsOf(listener)).toEqual(new Map([['manual number_not_allowed', new Set(numbers).size]]));
  });

  it('of which a minute makes so many automatic, and no more', async () => {
    const numbers = Array.from({ length: 100 }, (_, nth) => `+120255501${String(nth).padStart(2, '0')}`);
    const listener = await listenTo(numbers, 'US');
    expect(await reasonsOf(listener)).toEqual(
      new Map([
        ['auto because it may be', CEILING],
        ['manual too_many', 100 - CEILING],
      ]),
    );
  });
});

const NASTY = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '=HYPERLINK("http://example.com","pay")',
  '@SUM(1+1)',
  'A\\r\\nAction: Command\\r\\nCommand: core stop now',
  'A\nAction: Command\nCommand: core stop now',
  'A\u2028Action: Originate',
  '\u001b]0;owned\u0007',
  '$' + '{SHELL(id)}',
  "'; DROP TABLE calls; --",
  '\u0000\u0001\u007f',
];
/** All that the service ever asks a PBX for when nobody dials. */
const ACTIONS = [
  'Challenge',
  'Login',
  'CoreSettings',
  'CoreStatus',
  'QueueStatus',
  'CoreShowChannels',
  'ListCommands',
  'Ping',
  'Logoff',
];

async function untilRows(app: TestApp, count: number) {
  for (;;) {
    const { body } = await app.post<Record<string, unknown>[]>({ action: 'read', page_size: 1000 });
    const rows = body.results as unknown as Record<string, unknown>[];
    if (rows.length >= count) return rows;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('words of a stranger', () => {
  it('are kept as words: nothing of them reaches the PBX, a page, a table or a log as anything else', async () => {
    const call = (nth: number, name: string, number = `+44163296${String(nth).padStart(4, '0')}`) => {
      const script = inboundCall(`1795464990.${nth}`, number, `sales${name}`);
      const named = (lines: readonly string[]) =>
        lines.map((line) => line.replace('CallerIDName: Jane Doe', `CallerIDName: ${name}`));
      return [script.begins, script.joins, ...script.givesUp].map(named);
    };
    const hostile = 'x\nAction: Command\u2028Command: core stop now';
    await using server = await AmiServer.start({
      answers: {
        coresettings: (request) => [succeed(request, `AsteriskVersion: ${hostile}`, `SystemName: ${hostile}`)],
        corestatus: (request) => [succeed(request, `CoreStartupDate: ${hostile}`, `CoreStartupTime: ${hostile}`)],
        queuestatus: (request) =>
          list(request, [
            ['Event: QueueEntry', `Queue: ${hostile}`, `Uniqueid: ${hostile}`, `CallerIDName: ${hostile}`],
          ]),
      },
    });
    await using app = await startTestApp({
      settings: { pbx: { url: server.url, inboundContexts: ['from-trunk'] } },
      clock: systemClock,
    });
    await server.received('CoreShowChannels');
    server.say(NASTY.flatMap((name, nth) => call(nth, name)));
    // Numbers that are none; the names are as good as any.
    const numbers = [
      '123&Local/x@default',
      '*72900123',
      '<script>',
      '0722\nAction: Command',
      '+44163296000012345678901',
    ];
    server.say(numbers.flatMap((number, nth) => call(100 + nth, 'Eve', number)));
    const rows = await untilRows(app, NASTY.length);
    expect(rows).toHaveLength(NASTY.length);
    for (const { caller_id, caller_id_name } of rows) {
      expect(caller_id).toMatch(/^\+44163296\d{4}$/);
      expect(caller_id_name ?? '').not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    }
    expect(rows.map(({ caller_id_name }) => caller_id_name)).toContain('<script>alert(1)</script>');

    // A browser takes the answer for data, whatever is in it.
    const answer = await app.fetch('/api/call-queue?action=read');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    // A table takes it for text.
    const csv = await (await app.fetch('/api/call-queue/export?format=csv')).text();
    expect(csv).toContain('<script>alert(1)</script>');
    expect(csv).toContain(`'=HYPERLINK`);
    expect(csv).not.toMatch(/(?:^|[,\n])"?[=@]/m);
    // A log has a line for each entry, and no escape in it.
    for (const line of app.logLines) {
      expect(() => JSON.parse(line)).not.toThrow();
      expect(line.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f]/);
    }
    // And the PBX was asked for what it is always asked for, in whole lines.
    await app.stop();
    for (const { text, action } of server.requests) {
      expect(ACTIONS).toContain(action);
      for (const line of text.split('\r\n'))
        expect(line).toMatch(/^(?:Action|ActionID|AuthType|Username|Key|Secret|Events): [ -~]*$/);
    }
    expect(server.requests.length).toBeGreaterThan(4);
  });
});
