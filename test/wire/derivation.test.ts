import { describe, expect, it } from 'vitest';
import type { Projects } from '../../src/core/project.ts';
import { createTimeZone } from '../../src/core/time-zone.ts';
import { createDerivation } from '../../src/wire/derivation.ts';
import { makeCall } from '../support/make-call.ts';

const bucharest = createTimeZone('Europe/Bucharest');
const projects: Projects = new Map([
  [1, { id: 1, name: 'One', country: 'RO' }],
  [2, { id: 2, name: 'Two' }],
]);

describe('what is kept ready beside a call', () => {
  const { derive, numbersOf } = createDerivation({ timeZone: bucharest, projects });

  it('holds its numbers as they are compared, by the country of its project', () => {
    const numbers = { callerId: '0722 123 456', dnid: '(01632) 960100', outboundNumber: '0044 1632 960101' };
    expect(derive({ ...makeCall(numbers), id: 1 })).toMatchObject({
      callerNumber: '+40722123456',
      dnidNumber: '01632960100',
      outboundNumber: '+441632960101',
    });
    expect(derive({ ...makeCall({ ...numbers, projectId: 2 }), id: 1 })).toMatchObject({ callerNumber: '0722123456' });
    expect(derive({ ...makeCall({ ...numbers, projectId: 77 }), id: 1 })).toMatchObject({ callerNumber: '0722123456' });
  });

  it('knows in which forms projects keep a number: one of each, or all of theirs', () => {
    expect(numbersOf('0722 123 456', 1)).toEqual(['+40722123456']);
    expect(numbersOf('0722 123 456', 2)).toEqual(['0722123456']);
    expect(numbersOf('0722 123 456', 77)).toEqual(['0722123456']);
    expect(numbersOf('0722 123 456', null)).toEqual(['+40722123456', '0722123456']);
    expect(numbersOf('0044 1632 960101', null)).toEqual(['+441632960101']);
    const nothing = createDerivation({ timeZone: bucharest, projects: new Map() });
    expect(nothing.numbersOf('0722 123 456', null)).toEqual(['0722123456']);
  });

  it('says nothing about numbers that are not there', () => {
    expect(derive({ ...makeCall(), id: 1 })).toMatchObject({ dnidNumber: null, outboundNumber: null });
  });

  it('holds its row in local time', () => {
    const row = JSON.parse(derive({ ...makeCall({ schedule: Date.UTC(2026, 6, 1, 9) / 1000 }), id: 5 }).json);
    expect(row).toMatchObject({ id: 5, schedule: '2026-07-01 12:00:00' });
  });
});

describe('its version', () => {
  const version = (timeZone = bucharest, of = projects) => createDerivation({ timeZone, projects: of }).version;

  it('stays while nothing matters that changes', () => {
    const renamed: Projects = new Map([
      [2, { id: 2, name: 'Zwei' }],
      [1, { id: 1, name: 'Eins', country: 'RO' }],
      [3, { id: 3, name: 'Drei' }],
    ]);
    expect(version(bucharest, renamed)).toBe(version());
  });

  it('changes with the time zone and with the country of a project', () => {
    const elsewhere: Projects = new Map([[1, { id: 1, name: 'One', country: 'DE' }]]);
    const nowhere: Projects = new Map([[1, { id: 1, name: 'One' }]]);
    const other: Projects = new Map([[11, { id: 11, name: 'One', country: 'RO' }]]);
    const versions = [
      version(),
      version(createTimeZone('Europe/Berlin')),
      ...[elsewhere, nowhere, other].map((of) => version(bucharest, of)),
    ];
    expect(new Set(versions).size).toBe(5);
  });
});
