import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../client/src/contract.ts';
import type { Call } from '../../src/core/call.ts';
import { createTimeZone } from '../../src/core/time-zone.ts';
import { type ImportContext, parseImportedRow } from '../../src/wire/imported-row.ts';
import type { ParameterMap } from '../../src/wire/parameters.ts';
import { rowOf } from '../../src/wire/row.ts';
import { jsonParameters, NOW } from '../support/api.ts';
import { makeCall } from '../support/make-call.ts';

const timeZone = createTimeZone('Europe/Bucharest');
const fresh: ImportContext = {
  projects: new Map([
    [1, { id: 1, name: 'One', country: 'RO' }],
    [2, { id: 2, name: 'Two' }],
  ]),
  timeZone,
  now: NOW,
  keepIds: false,
  defaultProjectId: 1,
};
const keeping: ImportContext = { ...fresh, keepIds: true };

const call = (row: unknown, context = fresh) => parseImportedRow(jsonParameters(row), context) as Call;
const messagesOf = (row: unknown, context = fresh) =>
  (parseImportedRow(jsonParameters(row), context) as Problem[]).map(({ message }) => message);

const NUMBER = '+441632960001';

describe('a row of a file', () => {
  it('needs no more than a number; the rest has its defaults', () => {
    expect(call({ caller_id: NUMBER })).toEqual(
      makeCall({ callerId: NUMBER, source: 'import', createdAt: NOW, updatedAt: NOW }),
    );
  });

  it('reads texts as a table has them', () => {
    const cells: ParameterMap = new Map(
      Object.entries({
        project_id: '2',
        inbound_route_id: '12',
        caller_id: ' 01632 960001 ',
        caller_id_name: 'Ann',
        priority: '-5',
        schedule: '2026-07-01 12:00:00',
        max_retries: '3',
        type: 'queue',
        destination: 'sales',
        outbound_type: 'auto',
        vars: '{"A":"1","B":1.50,"C":true,"D":""}',
        external_id: '',
      }),
    );
    expect(parseImportedRow(cells, fresh)).toEqual(
      makeCall({
        projectId: 2,
        inboundRouteId: 12,
        source: 'import',
        callerId: '01632 960001',
        callerIdName: 'Ann',
        priority: -5,
        schedule: Date.UTC(2026, 6, 1, 9) / 1000,
        maxRetries: 3,
        type: 'queue',
        destination: 'sales',
        outboundType: 'auto',
        vars: { A: '1', B: '1.50', C: 'true', D: '' },
        createdAt: NOW,
        updatedAt: NOW,
      }),
    );
  });

  it('begins anew unless ids are kept', () => {
    const past = {
      id: 7,
      caller_id: NUMBER,
      source: 'api',
      status: 'completed',
      status_reason: 'retries_exhausted',
      retries: 2,
      last_result: 'busy',
      last_attempt_at: '2026-11-01 12:00:00',
      created_at: '2026-11-01 10:00:00',
      updated_at: '2026-11-01 12:00:00',
      assign_type: 'queue',
      waiting_for: null,
    };
    expect(call(past)).toEqual(makeCall({ callerId: NUMBER, source: 'import', createdAt: NOW, updatedAt: NOW }));
    expect(call(past, keeping)).toEqual(
      makeCall({
        id: 7,
        callerId: NUMBER,
        source: 'import',
        status: 'completed',
        statusReason: 'retries_exhausted',
        retries: 2,
        lastResult: 'busy',
        lastAttemptAt: Date.UTC(2026, 10, 1, 10) / 1000,
        createdAt: Date.UTC(2026, 10, 1, 8) / 1000,
        updatedAt: NOW,
      }),
    );
  });

  it('with its id kept gives back what an answer shows, but for source and updated_at', () => {
    const instant = fc.integer({ min: 946_684_800, max: 4_102_444_800 }).filter((at) => {
      // The second of two equal local times cannot be told from the first.
      return timeZone.parseLocal(timeZone.formatLocal(at), 'first') === at;
    });
    const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
    const text = fc.stringMatching(/^[!-~¡-ÿ](?:[ -~¡-ÿ]{0,20}[!-~¡-ÿ])?$/).map((found) => found.trim());
    const arbitrary = fc.record({
      id: fc.integer({ min: 1 }),
      status: fc.constantFrom('pending', 'inprogress', 'completed', 'cancelled', 'deleted'),
      callerIdName: orNull(text),
      campaignInfo: orNull(text),
      externalId: orNull(text),
      claimedBy: orNull(text),
      priority: fc.integer({ min: -1000, max: 1000 }),
      schedule: orNull(instant),
      claimedUntil: orNull(instant),
      lastMissedAt: orNull(instant),
      missedCount: fc.nat(),
      createdAt: instant,
      vars: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/), text, { maxKeys: 3 }),
      lastResult: orNull(fc.constantFrom('busy', 'unknown')),
    });
    fc.assert(
      fc.property(arbitrary, fc.constantFrom('local', 'rfc3339'), (changes, timeFormat) => {
        const original = { ...makeCall(), ...changes } as Call;
        const row = rowOf(original, { timeZone, timeFormat: timeFormat as 'local' });
        expect(call(JSON.stringify(row), keeping)).toEqual({ ...original, source: 'import', updatedAt: NOW });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['+441632960001'],
    ['01632 960-001'],
    ['112'],
    ['01632960001012345678'],
    ['+441632960001234'],
    [4416329600],
    ['(0044) 1632/960.001'],
  ])('may be for %j', (caller_id) => {
    expect(call({ caller_id }).callerId).toBe(String(caller_id));
  });

  it.each([
    ['11'],
    ['016329600010123456789'],
    ['+4416329600012345'],
    ['+12'],
    ['*72900123'],
    ['#31#'],
    ['0722&PJSIP/900123'],
    ['123@default'],
    ['٠٧٢٢١٢٣'],
    ['anonymous'],
    [true],
    [['123']],
  ])('may not be for %j', (caller_id) => {
    expect(messagesOf({ caller_id })).toEqual([expect.stringContaining('Invalid value for caller_id: ')]);
  });

  it('may not hold what would mean something to a PBX or a terminal', () => {
    expect(
      messagesOf({
        caller_id: NUMBER,
        caller_id_name: 'A\r\nAction: Command',
        type: 'queue',
        destination: '100&Local/x@from-internal',
        outbound_trunk: 'a/b',
        campaign_name: '\u001b]0;x\u0007',
      }),
    ).toEqual([
      'Invalid value for caller_id_name: A\ufffd\ufffdAction: Command (expected a text without control characters)',
      'Invalid value for outbound_trunk: a/b (expected 1 to 79 of the characters A-Z a-z 0-9 _ . -)',
      'Invalid value for campaign_name: \ufffd]0;x\ufffd (expected a text without control characters)',
      'Invalid value for destination: 100&Local/x@from-internal (expected 1 to 79 of the characters A-Z a-z 0-9 _ . -)',
    ]);
  });

  it.each([
    'MONITOR_EXEC',
    'MONITOR_EXEC_ARGS',
    'X_CONTEXT',
    'TRANSFER_CONTEXT',
    'Q_OPTIONS',
    'DIAL_NUMBER',
    'MACRO_X',
    'GOSUB_X',
    'FORWARD_CONTEXT',
    'QUEUE_PRIO',
    'AMPUSER',
    '_x',
    '__proto__',
    'CALLQUEUE_ATTEMPT',
  ])('may not set the variable %s', (name) => {
    expect(messagesOf(`{"caller_id":"${NUMBER}","vars":{"${name}":"1"}}`)).toEqual([
      `Invalid value for vars: ${name} (expected variable names that mean nothing to the PBX itself)`,
    ]);
  });

  it.each([
    [{ '1a': 'x' }, '1a (expected variable names of letters, digits and _, not beginning with a digit)'],
    [{ a: { b: 1 } }, 'a: a map (expected a text of at most 8192 characters)'],
    [{ a: 'x\ny' }, 'a: x\ufffdy (expected a text without control characters)'],
    [{ a: 'ä'.repeat(4096) }, 'a map (expected variables of at most 8192 bytes as JSON)'],
    ['{"a":', '{"a": (expected a map of names to texts, numbers or booleans)'],
    [[1], 'a list (expected a map of names to texts, numbers or booleans)'],
    [5, '5 (expected a map of names to texts, numbers or booleans)'],
  ])('may not have the variables %.40j', (vars, message) => {
    expect(messagesOf({ caller_id: NUMBER, vars })).toEqual([`Invalid value for vars: ${message}`]);
  });

  it('may have variables up to 8 KiB of JSON, and none', () => {
    expect(call({ caller_id: NUMBER, vars: { a: 'x'.repeat(8192 - 8) } }).vars).toHaveProperty('a');
    expect(messagesOf({ caller_id: NUMBER, vars: { a: 'x'.repeat(8192 - 7) } })).toHaveLength(1);
    for (const vars of [null, '', {}, [], '{}', '[]']) expect(call({ caller_id: NUMBER, vars }).vars).toEqual({});
  });

  it('tells everything that is wrong with it at once', () => {
    expect(
      messagesOf(
        {
          project_id: 77,
          caller_id_name: 'x'.repeat(256),
          priority: 1001,
          max_retries: 101,
          schedule: '2026-02-30 00:00:00',
          external_id: 'x'.repeat(192),
          outbound_type: 'Auto',
          type: 'queue',
          status: 'done',
          colour: 'red',
        },
        keeping,
      ),
    ).toEqual([
      'Unknown column: colour (expected the members of a row)',
      'Invalid value for status: done (expected pending, inprogress, completed, cancelled, deleted)',
      `Invalid value for caller_id_name: ${'x'.repeat(100)}… (expected a text of at most 255 characters)`,
      'Invalid value for outbound_type: Auto (expected auto, manual)',
      'Invalid value for priority: 1001 (expected a whole number from -1000 to 1000)',
      'Invalid value for schedule: 2026-02-30 00:00:00 (expected a date-time as Y-m-d H:i:s, or RFC 3339 with its offset)',
      `Invalid value for external_id: ${'x'.repeat(100)}… (expected a text of at most 191 characters)`,
      'Invalid value for max_retries: 101 (expected a whole number from 0 to 100)',
      'Missing caller_id',
      'Missing id',
      'Unknown project: 77',
      'type and destination go together: give both or neither',
    ]);
  });

  it('needs a project from somewhere, and somebody to ring for an attended automatic call', () => {
    expect(messagesOf({ caller_id: NUMBER }, { ...fresh, defaultProjectId: undefined })).toEqual([
      'Missing project_id',
    ]);
    expect(messagesOf({ caller_id: NUMBER, outbound_type: 'auto' })).toEqual([
      'Missing type and destination: a call with outbound_type auto and attend_type attended needs an agent to ring',
    ]);
    expect(call({ caller_id: NUMBER, outbound_type: 'auto', attend_type: 'unattended' }).outboundType).toBe('auto');
  });
});
