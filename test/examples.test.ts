import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from './support/app.ts';
import { makeCall } from './support/make-call.ts';
import { runPhpScript, type ScriptOutcome } from './support/php-curl.ts';
import { startScriptedServer, text } from './support/scripted-server.ts';

const root = join(import.meta.dirname, '..');
const examples = join(root, 'examples');

type Environment = { API_URL: string; API_TOKEN: string; API_KEY?: string };

/** How each example is run, and how what it prints is read. */
const EXAMPLES = {
  'read.php': { run: (env: Environment) => runPhpScript(join(examples, 'read.php'), env), linesOf: tabbedLines },
  'read-json.php': {
    run: (env: Environment) => runPhpScript(join(examples, 'read-json.php'), env),
    linesOf: tabbedLines,
  },
  'read.sh': { run: (env: Environment) => runProgram('sh', 'read.sh', env), linesOf: linesOfPages },
  'read.ts': { run: (env: Environment) => runProgram(process.execPath, 'read.ts', env), linesOf: tabbedLines },
};

const hasCurl = spawnSync('curl', ['--version']).status === 0;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ calls: CALLS });
});
afterAll(() => app?.stop());

describe.each(Object.entries(EXAMPLES))('examples/%s', (name, { run, linesOf }) => {
  beforeEach(({ skip }) => skip(name === 'read.sh' && !hasCurl, 'curl is not installed'));

  test('prints every pending call of all pages, signed with the key', async () => {
    const { token, key } = await app.addToken({ withKey: true });
    const outcome = await run({ API_URL: app.url, API_TOKEN: token, API_KEY: key });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(linesOf(outcome.stdout)).toEqual(EXPECTED);
  });

  test('does so without a key for a token that has none', async () => {
    const outcome = await run({ API_URL: `${app.url}/`, API_TOKEN: app.token });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(linesOf(outcome.stdout)).toEqual(EXPECTED);
  });

  test('says what was refused, and fails', async () => {
    const { token } = await app.addToken({ withKey: true });
    const outcome = await run({ API_URL: app.url, API_TOKEN: token, API_KEY: 'another-key' });
    expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
    expect(outcome.stderr).toContain('Invalid api_hash');
  });

  test("fails when a proxy's page comes instead, and never shows the token", async () => {
    const page = text(502, '<html>Bad Gateway</html>');
    await using proxy = await startScriptedServer([page, page, page]);
    const outcome = await run({ API_URL: proxy.url, API_TOKEN: app.token });
    expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
    expect(outcome.stderr).not.toBe('');
    expect(outcome.stderr).not.toContain(app.token);
  });

  test('fails with a reason when nobody answers', async () => {
    const server = await startScriptedServer([]);
    await server.stop();
    const outcome = await run({ API_URL: server.url, API_TOKEN: app.token });
    expect(outcome.exitCode).toBeGreaterThan(0);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).not.toBe('');
  });
});

/** Many pages of 100 are pending, more than one of 1000; some calls are not; texts that encoding could damage. */
const CALLS = Array.from({ length: 1300 }, (_, index) =>
  makeCall({
    status: index % 10 === 9 ? 'completed' : 'pending',
    callerId: `+44 1632 960${String(index % 1000).padStart(3, '0')}`,
    callerIdName: index % 2 === 0 ? null : `Zoë "max_page":1, ${index} 電話`,
    schedule: index % 3 === 0 ? Date.UTC(2026, 11, 1, 9, 30) / 1000 : null,
  }),
);

const EXPECTED = CALLS.flatMap((call, index) =>
  call.status === 'pending'
    ? [
        [index + 1, call.callerId, call.callerIdName ?? '', call.schedule === null ? '' : '2026-12-01 09:30:00'].join(
          '\t',
        ),
      ]
    : [],
);

function tabbedLines(stdout: string): string[] {
  return stdout.split('\n').slice(0, -1);
}

function linesOfPages(stdout: string): string[] {
  return tabbedLines(stdout)
    .flatMap((page) => JSON.parse(page).results)
    .map((call) => [call.id, call.caller_id, call.caller_id_name, call.schedule].join('\t'));
}

/** Runs an example with nothing in its environment but what it needs. */
function runProgram(program: string, name: string, env: Environment): Promise<ScriptOutcome> {
  return new Promise((resolve) => {
    const options = { cwd: root, env: { PATH: process.env.PATH, ...env }, maxBuffer: 16 * 1024 ** 2 };
    const child = execFile(program, [join(examples, name)], options, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
