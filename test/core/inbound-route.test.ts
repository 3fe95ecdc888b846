import { describe, expect, test } from 'vitest';
import { MISSED_KINDS } from '../../client/src/contract.ts';
import type { Reached } from '../../src/core/call-verdict.ts';
import { createInboundRoutes, type InboundRoute, type RoutedProject } from '../../src/core/inbound-route.ts';
import type { MissedCallSettings } from '../../src/core/miss-target.ts';
import { missOf } from '../support/capture.ts';

const settings = (changes: Partial<MissedCallSettings> = {}): MissedCallSettings => ({
  ...{ kinds: MISSED_KINDS, shortestWaitSeconds: 0, type: null, destination: null, outboundType: 'manual' },
  ...{ attendType: 'attended', priority: 0, maxRetries: 0, outboundNumber: null, scheduleAfterSeconds: null },
  ...changes,
});
const project = (id: number, missedCalls: Partial<MissedCallSettings> = {}, changes: Partial<RoutedProject> = {}) => ({
  ...{ id, country: 'GB', missedCalls: settings(missedCalls), allowedCountries: ['GB'], mostAutoPerMinute: 30 },
  ...changes,
});
const route = (id: number, did: string | null, projectId = 1, overrides: InboundRoute['overrides'] = {}) => ({
  ...{ id, did, projectId, overrides },
});
const chosen = (routes: InboundRoute[], projects: RoutedProject[], miss: Parameters<typeof missOf>[0]) => {
  const { projectId, inboundRouteId } = createInboundRoutes(routes, projects).recordMissed(missOf(miss))?.target ?? {};
  return [projectId, inboundRouteId];
};
const reached = (changes: Partial<Reached> = {}): Reached => ({
  ...{ type: 'reached', numbers: ['01632 960001'], how: 'inbound', pbx: 'p', legId: '1.1', did: null, queue: null },
  ...{ at: 100, isOwnAttempt: false },
  ...changes,
});

describe('the route of a missed call', () => {
  const projects = [project(1), project(2, { type: 'queue', destination: 'support' }), project(3)];
  const routes = [route(11, '+44 1632 960900'), route(12, '01632 960901', 2), route(13, '7777', 3)];

  test.each([
    ['as it is written', { did: '+441632960900' }, [1, 11]],
    ['in the national form of its project', { did: '01632960900' }, [1, 11]],
    ['without the plus', { did: '441632960901' }, [2, 12]],
    ['with zeros in front', { did: '00441632960901' }, [2, 12]],
    ['without what is in front', { did: '960901' }, [2, 12]],
    ['as a short number', { did: '7777' }, [3, 13]],
    ['not by a few last digits', { did: '0901' }, [1, null]],
    ['not by last digits that two have', { did: null, queue: null }, [1, null]],
  ])('is found by the dialled number: %s', (_, miss, expected) => {
    expect(chosen(routes, projects, { queue: null, ...miss })).toEqual(expected);
  });

  test('is not guessed from last digits that two numbers share', () => {
    const alike = [route(1, '+441632960900', 1), route(2, '+493023960900', 2)];
    expect(chosen(alike, projects, { did: '960900', queue: null })).toEqual([1, null]);
    expect(chosen(alike.slice(1), projects, { did: '960900', queue: null })).toEqual([2, 2]);
  });

  test('is found by the queue where the number is not known, if only one project leads there', () => {
    expect(chosen(routes, projects, { did: null, queue: 'support' })).toEqual([2, null]);
    const own = [...routes, route(14, '+441632960903', 3, { type: 'queue', destination: 'sales' })];
    expect(chosen(own, projects, { did: null, queue: 'sales' })).toEqual([3, 14]);
    const both = [...routes, route(15, '+441632960904', 3, { type: 'queue', destination: 'support' })];
    expect(chosen(both, projects, { did: null, queue: 'support' })).toEqual([1, null]);
  });

  test('is else the one without a number, else the first project', () => {
    expect(chosen([...routes, route(19, null, 3)], projects, { did: '+441632960999' })).toEqual([3, 19]);
    expect(chosen([], projects, { did: '+441632960999' })).toEqual([1, null]);
  });

  test('takes from the route what it sets, and all else from the project', () => {
    const base = { priority: 3, maxRetries: 2, destination: 'sales', type: 'queue' } as const;
    const routed = createInboundRoutes(
      [route(11, '+441632960900', 1, { priority: 9, outboundNumber: '+441632960999' })],
      [project(1, base)],
    ).recordMissed(missOf());
    expect(routed?.target).toEqual({
      ...{ projectId: 1, inboundRouteId: 11, type: 'queue', destination: 'sales', outboundType: 'manual' },
      ...{ attendType: 'attended', priority: 9, maxRetries: 2, outboundNumber: '+441632960999' },
      ...{ scheduleAfterSeconds: null, manualBecause: null, mostAutoPerMinute: 30 },
    });
  });

  test('names a project that there is', () => {
    expect(() => createInboundRoutes([route(1, '1', 9)], projects)).toThrow('Inbound route 1 names project 9');
    expect(() => createInboundRoutes([], [])).toThrow('no project');
  });
});

describe('what is recorded of a missed call', () => {
  const of = (miss: Parameters<typeof missOf>[0], missedCalls: Partial<MissedCallSettings> = {}) =>
    createInboundRoutes([], [project(1, missedCalls)]).recordMissed(missOf(miss));

  test('is nothing when its project does not count the kind, or so short a wait', () => {
    const counted = { kinds: ['no_answer'], shortestWaitSeconds: 3 } as const;
    expect(of({ kind: 'queue_hangup', waitSeconds: 9 }, counted)).toBeUndefined();
    expect(of({ kind: 'no_answer', waitSeconds: 2 }, counted)).toBeUndefined();
    expect(of({ kind: 'no_answer', waitSeconds: 3 }, counted)).toBeDefined();
  });

  test.each([
    null,
    'anonymous',
    '12',
    '*72900',
    '1000000000000000000000',
    '0722&PJSIP',
    '٠٧٢٢',
    "1'",
    `0722${' '.repeat(99)}1`,
    '',
  ])('has no number where it cannot be called back: %s', (number) => {
    const command = of({ number });
    expect(command?.miss.number).toBeNull();
    expect(command?.unlisted).toBe(number === null ? 'withheld' : 'not_dialable');
  });

  test('keeps the number as it came, and of the name one short line', () => {
    const name = ` A\r\nAction: Command\u2028\u0007${'x'.repeat(300)}\ud800`;
    const command = of({ number: '01632 960001', name, did: '9\n9' });
    expect(command?.miss.number).toBe('01632 960001');
    expect(of({ number: '01632\r\n960001' })?.miss.number).toBe('01632 960001');
    expect(command?.miss.name).toMatch(/^A Action: Command x+$/);
    expect([...(command?.miss.name ?? '')]).toHaveLength(255);
    expect(command?.miss.did).toBe('9 9');
    expect(of({ name: '\r\n' })?.miss.name).toBeNull();
  });

  const ofRomania = (number: string, missedCalls: Partial<MissedCallSettings>) => {
    const home = project(1, missedCalls, { country: 'RO', allowedCountries: ['RO'] });
    return createInboundRoutes([], [home]).recordMissed(missOf({ number }))?.target;
  };

  test.each([
    ['0722 123 456', 'auto', null],
    ['+40722123456', 'auto', null],
    // A premium and a freephone number, a satellite network, another country, a number of nobody, a short code.
    ['0900 123 456', 'manual', 'number_not_allowed'],
    ['0800 123 456', 'manual', 'number_not_allowed'],
    ['+881612345678', 'manual', 'number_not_allowed'],
    ['+493023125001', 'manual', 'number_not_allowed'],
    ['01632 960001', 'manual', 'number_not_allowed'],
    ['112', 'manual', 'number_not_allowed'],
  ])('is automatic only for ordinary numbers of allowed countries: %s is %s', (number, outboundType, manualBecause) => {
    const auto = { outboundType: 'auto', type: 'queue', destination: 'sales' } as const;
    expect(ofRomania(number, auto)).toMatchObject({ outboundType, manualBecause });
    expect(ofRomania(number, {})).toMatchObject({ outboundType: 'manual', manualBecause: null });
  });

  test('is not automatic without an agent to ring', () => {
    const target = ofRomania('0722 123 456', { outboundType: 'auto' });
    expect(target).toMatchObject({ outboundType: 'manual', manualBecause: 'destination_missing' });
    expect(ofRomania('0722 123 456', { outboundType: 'auto', attendType: 'unattended' })?.outboundType).toBe('auto');
  });
});

describe('where it counts that a customer was reached', () => {
  const projects = [project(1), project(2, {}, { country: 'DE' })];
  const routes = createInboundRoutes([route(11, '+441632960900', 1)], projects);

  test('is the project of the number dialled, in its own form', () => {
    expect(routes.recordReached(reached({ did: '+441632960900' }))).toEqual({
      kind: 'record_reached',
      reached: { pbx: 'p', legId: '1.1', how: 'inbound', at: 100, isOwnAttempt: false },
      among: [{ projectId: 1, numbers: ['+441632960001'] }],
    });
  });

  test('is every project for a call to the customer, or one whose project is not known', () => {
    const numbers = ['901632960001', '01632960001', '+44 1632 960001'];
    for (const one of [reached({ how: 'outbound', numbers }), reached({ did: '99', numbers })]) {
      const { among } = routes.recordReached(one);
      expect(among.map(({ projectId }) => projectId)).toEqual([1, 2]);
      for (const { numbers: forms } of among) expect(forms).toContain('+441632960001');
      expect(among[0]?.numbers).toHaveLength(2);
    }
  });
});
