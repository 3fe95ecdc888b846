import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkplace, type Workplace } from '../support/cli.ts';

let place: Workplace;
beforeEach(() => {
  place = createWorkplace();
});
afterEach(() => place.remove());

describe('callqueue do-not-call', () => {
  it('adds numbers, shows them, and takes them off again', async () => {
    const [one, other] = ['+441632960001', '+441632960002'];
    const added = await place.run(['do-not-call', 'add', '0044 1632 960001', other, '--reason', 'asked for it']);
    expect(added).toEqual({ code: 0, stdout: '2 added\n', stderr: '' });
    const until = '2999-01-01 00:00:00';
    const again = await place.run(['do-not-call', 'add', one, '--project', '1', '--until', until]);
    expect(again.stdout).toBe('1 added\n');

    const listed = await place.run(['do-not-call', 'list']);
    expect(listed).toMatchObject({ code: 0, stderr: 'page 1 of 1, 3 numbers\n' });
    expect(listed.stdout).toMatch(/^number +project_id +reason +until +added_by +added_at/);
    expect(listed.stdout).toMatch(/\+441632960002 +all +asked for it/);
    const found = await place.run(['do-not-call', 'list', one, '--project', '1', '--json']);
    expect(JSON.parse(found.stdout)).toMatchObject([{ number: one, project_id: 1, until }]);

    const removed = await place.run(['do-not-call', 'remove', one, other, '+441632960003']);
    expect(removed).toEqual({ code: 0, stdout: '2 removed, 1 absent\n', stderr: '' });
    expect((await place.run(['do-not-call', 'list'])).stderr).toBe('page 1 of 1, 1 number\n');
  });

  it.each([
    [['add'], 'callqueue do-not-call add needs NUMBER…'],
    [['add', 'abc', '12'], 'Invalid value for add: abc (expected 3 to 20 digits, at most 15 after a +)'],
    [['add', '+441632960001', '--project', '7'], 'Unknown project: 7'],
    [['add', '+441632960001', '--until', '2020-01-01 00:00:00'], 'Invalid value for until: 2020-01-01 00:00:00'],
    [[], 'callqueue do-not-call needs one of: add, remove, list'],
  ])('%j is refused with what is wrong, and ends with 2', async (args, message) => {
    const { code, stdout, stderr } = await place.run(['do-not-call', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
