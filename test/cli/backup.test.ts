import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorkplace, type Workplace } from '../support/cli.ts';

let place: Workplace;
beforeEach(() => {
  place = createWorkplace({ CALLQUEUE_PORT: '0' });
});
afterEach(() => place.remove());

it('copies the database beside a running server, and the copy can be used', async () => {
  const server = place.start(['serve']);
  await server.firstLine;
  place.write('calls.csv', 'caller_id\n+441632960001\n');
  await place.run(['import', 'calls.csv']);
  const { code, stdout } = await place.run(['backup', 'copy.db']);
  expect(code).toBe(0);
  expect(stdout).toBe(`${place.path('copy.db')} holds the backup (${statSync(place.path('copy.db')).size} bytes)\n`);
  expect(statSync(place.path('copy.db')).mode & 0o077).toBe(0);

  await place.run(['import', 'calls.csv']);
  place.env.CALLQUEUE_DATABASE = 'sqlite:copy.db';
  const listed = await place.run(['list', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject([{ id: 1, caller_id: '+441632960001' }]);
  expect(JSON.parse((await place.run(['token', 'list', '--json'])).stdout)).toMatchObject([{ name: 'first' }]);
});

it('tells the database of the copy, so that the server knows how old the last one is', async () => {
  const server = place.start(['serve']);
  await server.firstLine;
  const before = Math.floor(Date.now() / 1000);
  expect((await place.run(['backup', 'copy.db'])).stderr).toBe('');
  const keptIn = (name: string) => {
    const database = new DatabaseSync(place.path(name), { readOnly: true });
    try {
      return database.prepare("SELECT place FROM read_places WHERE pbx = '' AND reader = 'backup'").get()?.place;
    } finally {
      database.close();
    }
  };
  expect(Number(keptIn('data/callqueue.db'))).toBeGreaterThanOrEqual(before);
  expect(keptIn('copy.db')).toBeUndefined();
});

it('makes the copy also when the database cannot be told of it', async () => {
  await place.run(['migrate']);
  const database = new DatabaseSync(place.path('data/callqueue.db'));
  database.exec('DROP TABLE read_places');
  database.close();
  const { code, stdout, stderr } = await place.run(['backup', 'copy.db']);
  expect(code).toBe(0);
  expect(stdout).toContain('holds the backup');
  expect(stderr).toContain('could not be told of it');
});

it('never overwrites a file', async () => {
  await place.run(['migrate']);
  place.write('copy.db', 'something dear');
  const { code, stdout, stderr } = await place.run(['backup', 'copy.db']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`${place.path('copy.db')} is there already`);
  expect(place.read('copy.db')).toBe('something dear');
});

it('says so when there is nothing to copy, or no place for the copy', async () => {
  expect((await place.run(['backup', 'copy.db'])).stderr).toContain(
    `There is no database ${place.path('data/callqueue.db')}`,
  );
  await place.run(['migrate']);
  const { code, stderr } = await place.run(['backup', 'no/such/folder/copy.db']);
  expect(code).toBe(1);
  expect(stderr).toContain(place.path('no/such/folder/copy.db'));
});
