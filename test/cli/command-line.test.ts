import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { createWorkplace, type Workplace } from '../support/cli.ts';

let place: Workplace;
beforeEach(() => {
  place = createWorkplace();
});
afterEach(() => place.remove());

describe('the command line', () => {
  it.each([['help'], ['--help'], ['-h']])('%s lists all commands on standard output', async (argument) => {
    const { code, stdout, stderr } = await place.run([argument]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { name } of COMMANDS) expect(stdout).toContain(`  ${name}`);
  });

  it('without a command tells how it is used, and ends with 2', async () => {
    const { code, stdout, stderr } = await place.run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: callqueue COMMAND');
  });

  it.each(COMMANDS.map(({ name }) => [name]))('explains %s, asked in either way', async (name) => {
    const words = name.split(' ');
    const { code, stdout } = await place.run([...words, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: callqueue ${name}`);
    expect((await place.run(['help', ...words])).stdout).toBe(stdout);
  });

  it.each([
    [['sreve'], 'Unknown command "sreve" (did you mean serve?)'],
    [['token', 'crate'], 'Unknown command "token crate" (did you mean token create?)'],
    [['token'], 'callqueue token needs one of: create, list, revoke'],
    [['help', 'improt'], 'Unknown command "improt" (did you mean import?)'],
    [['export', '--formt', 'csv'], 'Unknown option --formt (did you mean --format?)'],
    [['export', '-f', 'csv'], 'Unknown option -f'],
    [['export', '--format'], 'Option --format needs a value: --format FORMAT'],
    [['export', '--format', '--output', 'x'], 'Option --format needs a value: --format FORMAT'],
    [['export', '--format', 'cvs'], '--format: "cvs" is none of csv, tsv, jsonl (did you mean csv?)'],
    [['export', '--format', 'csv', '--format', 'tsv'], 'Option --format is given twice'],
    [['token', 'create', '--name', 'x', '--json=1'], 'Option --json takes no value'],
    [['import'], 'callqueue import needs FILE|-'],
    [['import', 'a.csv', 'b.csv'], 'callqueue import does not know what to do with "b.csv"'],
    [['import', 'a.csv', '--batch', '0'], '--batch: "0" is no whole number from 1 to 1000000000'],
    [['import', 'a.csv', '--bad-file', 'x'], '--bad-file needs --skip-bad'],
    [['import', 'a.csv', '--project', '7'], '--project: there is no project 7 in the settings'],
    [['serve', '--constructor'], 'Unknown option --constructor'],
    [['token', 'create'], 'callqueue token create needs --name NAME'],
    [['token', 'create', '--name', 'a\nb'], '--name: expected 1 to 100 characters, no control characters'],
    [
      ['token', 'create', '--name', 'CALLQUEUE_TOKEN'],
      /^--name: CALLQUEUE_TOKEN is the name of the token in the settings/,
    ],
    [['token', 'create', '--name', 'x', '--scope', 'root'], '--scope: "root" is none of read, write, admin'],
    [['token', 'create', '--name', 'x', '--project', '2'], /^--project: there is no project 2 in the settings, only 1/],
    [['token', 'revoke', 'x'], /^NUMBER: "x" is no whole number from 1/],
    [['list', '--status', 'open'], /^Invalid value for filter status: open \(expected/],
    [['list', '--page', '0'], 'Invalid page: 0 (expected a whole number from 1)'],
    [['export', '--date-between', '2026-02-30,'], /^Invalid value for filter date_between: 2026-02-30 \(expected/],
  ])('%j is used wrongly: ends with 2 and says what to do', async (args, message) => {
    // There has to be a database to read.
    await place.run(['migrate']);
    const { code, stdout, stderr } = await place.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const [first = '', second = ''] = stderr.split('\n');
    const sentence = first.replace('callqueue: ', '');
    if (typeof message === 'string') expect(sentence).toBe(message);
    else expect(sentence).toMatch(message);
    expect(second).toMatch(/^See: callqueue help/);
  });

  it('tells every mistake in the settings and ends with 1', async () => {
    place.env.CALLQUEUE_PORT = 'x';
    place.env.CALLQUEUE_HOTS = 'x';
    const { code, stdout, stderr } = await place.run(['token', 'list']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').sort()).toEqual([
      '',
      'callqueue: CALLQUEUE_HOTS is no setting of callqueue (did you mean CALLQUEUE_HOST?)',
      'callqueue: CALLQUEUE_PORT: "x" is wrong, expected a whole number from 0 to 65535',
    ]);
  });

  it('never lets control characters of what was typed reach the terminal', async () => {
    const { stderr } = await place.run(['\u001b]0;owned\u0007\u009b']);
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(stderr).toContain('owned');
  });
});

describe('tokens', () => {
  it('are shown once when they are made, and listed without their secrets', async () => {
    const made = await place.run(['token', 'create', '--name', 'crm', '--scope', 'write', '--agent', 'ann', '--json']);
    expect(made.code).toBe(0);
    const { token, key, ...others } = JSON.parse(made.stdout);
    expect(others).toEqual({});
    expect(token).toMatch(/^cq_.{32}$/);
    expect(key).toMatch(/^cqk_.{32}$/);

    const { stdout } = await place.run(['token', 'list']);
    expect(stdout).toMatch(/^id {2}name {2}scope {2}projects {2}agent {2}has_key {2}created_at/);
    expect(stdout).toMatch(/\n1 +crm +write +all +ann +yes +\d{4}-/);
    expect(stdout).not.toContain(token);
    expect(stdout).not.toContain(key);
  });

  it('have no key when none is wanted, and only the projects that are named', async () => {
    place.env.CALLQUEUE_PROJECTS = '[{id: 1}, {id: 2}, {id: 3}]';
    const args = ['token', 'create', '--name', 'x', '--no-key', '--project', '3', '--project', '1', '--json'];
    expect(JSON.parse((await place.run(args)).stdout).key).toBe(null);
    expect(JSON.parse((await place.run(['token', 'list', '--json'])).stdout)).toMatchObject([
      { id: 1, name: 'x', scope: 'read', projects: [3, 1], has_key: false, revoked_at: null },
    ]);
  });

  it('are revoked by their number, once', async () => {
    await place.run(['token', 'create', '--name', 'x']);
    expect(await place.run(['token', 'revoke', '1'])).toMatchObject({ code: 0, stdout: 'Token 1 is revoked\n' });
    expect(await place.run(['token', 'revoke', '1'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'callqueue: There is no valid token with the number 1\n',
    });
    expect(JSON.parse((await place.run(['token', 'list', '--json'])).stdout)[0].revoked_at).toMatch(/^\d{4}-/);
  });
});

describe('migrate', () => {
  it('shows what it would do, does it, and then has nothing to do', async () => {
    const file = place.path('data/callqueue.db');
    const dry = await place.run(['migrate', '--dry-run']);
    expect(dry.stdout).toMatch(`${file} would be changed: made anew with schema `);
    expect((await place.run(['migrate'])).stdout).toMatch(`${file}: made anew with schema `);
    expect((await place.run(['migrate'])).stdout).toMatch(`${file} is up to date (schema `);
  });

  it('makes rows anew that were kept in another time zone, which commands refuse to read until then', async () => {
    place.write('calls.csv', 'caller_id,schedule\n+441632960001,2026-07-01 12:00:00\n');
    place.env.CALLQUEUE_TIMEZONE = 'UTC';
    await place.run(['import', 'calls.csv']);
    place.env.CALLQUEUE_TIMEZONE = 'Europe/Bucharest';
    const refused = await place.run(['list']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/other settings.*callqueue migrate/);
    expect((await place.run(['migrate'])).stdout).toContain('rows kept ready made anew');
    expect((await place.run(['list'])).stdout).toContain('2026-07-01 15:00:00');
  });

  it('leaves the database of another program alone', async () => {
    place.write('other.db', 'this is no database at all, but long enough to look like a file');
    place.env.CALLQUEUE_DATABASE = 'sqlite:other.db';
    expect(await place.run(['migrate'])).toMatchObject({ code: 1, stdout: '' });
    expect(place.read('other.db')).toMatch(/^this is no database/);
  });
});

describe('doctor', () => {
  it('finds nothing wrong in a fresh folder', async () => {
    place.env.CALLQUEUE_PORT = '0';
    const { code, stdout, stderr } = await place.run(['doctor']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ok {4}node: 24\./);
    expect(stdout).toMatch(/\nok {4}database: .*is not there yet; the first start makes it\n/);
    expect(stdout).not.toMatch(/^(warn|fail)/m);
    expect(() => place.read('data/callqueue.db')).toThrow('ENOENT');
  });

  it('warns where nobody can log in, a token can be guessed, or everybody can listen', async () => {
    place.env.CALLQUEUE_PORT = '0';
    place.env.CALLQUEUE_HOST = '0.0.0.0';
    await place.run(['migrate']);
    const { code, stdout } = await place.run(['doctor']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn {2}tokens: nobody can log in; callqueue token create/m);
    expect(stdout).toMatch(/^warn {2}network: reached from other machines/m);
    place.env.CALLQUEUE_TOKEN = 'short';
    expect((await place.run(['doctor'])).stdout).toMatch(/^warn {2}tokens: .*can be guessed/m);
  });

  it('fails for settings that are wrong and for a database that is none', async () => {
    place.env.CALLQUEUE_PORT = 'x';
    const wrong = await place.run(['doctor']);
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(/^fail {2}settings: CALLQUEUE_PORT: "x" is wrong/m);
    place.env.CALLQUEUE_PORT = '0';
    place.env.CALLQUEUE_DATABASE = `sqlite:${place.write('x.db', 'no database, whatever its name may say')}`;
    const none = JSON.parse((await place.run(['doctor', '--json'])).stdout);
    expect(none.filter(({ verdict }: { verdict: string }) => verdict === 'fail')).toMatchObject([
      { subject: 'database' },
    ]);
  });
});

describe('a process of the command line', () => {
  it('finds compiled what one before it has compiled', async () => {
    expect((await place.start(['help']).outcome).code).toBe(0);
    place.env.NODE_DEBUG_NATIVE = 'COMPILE_CACHE';
    const { stderr } = await place.start(['help']).outcome;
    expect(stderr).toMatch(/V8 code cache for ESM \S+\/src\/main\.ts was accepted/);
  });
});
