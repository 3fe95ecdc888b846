import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as client from '#client';
import { startTestApp, type TestApp } from './support/app.ts';
import { runPhpScript } from './support/php-curl.ts';
import { tempFolder } from './support/temp-folder.ts';

/**
 * The pages about the actions are stories: their requests are sent one after the other to a server of its own, at noon
 * of 24 November 2026 UTC, and each must be answered as the block behind it says. Of answers the pages show what
 * matters.
 */
const PAGES = ['docs/statuses.md', 'docs/saving.md', 'docs/syncing.md'];

const root = join(import.meta.dirname, '..');
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
const hasCurl = spawnSync('curl', ['--version']).status === 0;
const URL = 'http://127.0.0.1:8080';

describe.each(PAGES)('%s', (page) => {
  const blocks = blocksOf(textOf(page));

  test('has requests that are answered as it says', async () => {
    await using app = await startTestApp();
    expect(blocks.length).toBeGreaterThan(5);
    for (const [index, block] of blocks.entries()) {
      if (isAnswer(block)) continue;
      const next = blocks[index + 1];
      const shown = next !== undefined && isAnswer(next) ? JSON.parse(next.code) : { has_error: false };
      const answer = await run(block, app);
      if (answer !== undefined) expect(answer, block.code).toMatchObject(shown);
    }
  });

  test('links only to what is there', () => expect(brokenLinks(page)).toEqual([]));
});

describe('docs/api.md', () => {
  test('links only to what is there', () => expect(brokenLinks('docs/api.md')).toEqual([]));

  test('begins with a request that can be sent', async ({ skip }) => {
    skip(!hasCurl, 'curl is not installed');
    await using app = await startTestApp();
    const [shell] = blocksOf(textOf('docs/api.md')).filter(({ language }) => language === 'sh');
    expect(await run(shell!, app)).toMatchObject({ has_error: false });
  });
});

test.each(['README.md', 'docs/asterisk.md', 'docs/configuration.md', 'docs/missed-calls.md', 'docs/operations.md'])(
  '%s links only to what is there',
  (page) => expect(brokenLinks(page)).toEqual([]),
);

test('the client README reads, changes and follows calls', async () => {
  await using app = await startTestApp();
  const [reading, changing, following] = blocksOf(textOf('client/README.md')).map(({ code }) => code);
  const created = client.createClient({ url: app.url, token: app.token });
  const { saved, call } = await evaluate(changing!, ['saved', 'call'], { client: created });
  expect(saved).toMatchObject({ id: 1, outcome: 'created' });
  // Its call belongs to no queue, so that a claim for one finds nothing.
  expect(call).toBeUndefined();

  const lines: unknown[][] = [];
  const { results } = await evaluate(reading!.replace('https://pbx.example.com', app.url), ['results'], {
    createClient: client.createClient,
    process: { env: { API_TOKEN: app.token } },
    console: { log: (...words: unknown[]) => lines.push(words) },
  });
  expect(results).toMatchObject([{ id: 1 }]);
  expect(lines).toEqual([[1, '+44 1632 960123', null]]);

  const stop = new AbortController();
  const stored: unknown[] = [];
  const given = { client: created, lastKnown: 0, signal: stop.signal };
  const store = ({ id }: client.ChangeRow, sequence: number) => {
    stored.push({ id, sequence });
    stop.abort('enough');
  };
  await expect(evaluate(following!, [], { ...given, store })).rejects.toBe('enough');
  expect(stored).toEqual([{ id: 1, sequence: 1 }]);
});

interface Block {
  language: string;
  code: string;
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .map(([, language = '', code = '']) => ({ language, code }))
    .filter(({ language }) => ['json', 'php', 'sh', 'ts'].includes(language));
}

const isAnswer = ({ language, code }: Block) => language === 'json' && 'has_error' in JSON.parse(code);

/** Answers what the server answered; undefined for what has been judged here. */
async function run({ language, code }: Block, app: TestApp): Promise<unknown> {
  if (language === 'json') {
    const { status, body } = await app.post(JSON.parse(code));
    expect(status === 200).toBe(!body.has_error);
    return body;
  }
  const { token, key } = await app.addToken({ withKey: true });
  if (language === 'php') {
    const script = join(tempFolder(), 'page.php');
    const php = code.replace(URL, app.url);
    writeFileSync(script, `<?php $token = '${token}'; $key = '${key}'; ${php} echo json_encode($answer);`);
    const { stdout, stderr } = await runPhpScript(script, {});
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }
  if (language === 'sh') return shell(code.replace(URL, app.url), app);
  const { copy, since } = await evaluate(code.replace(URL, app.url), ['copy', 'since'], {
    ...client,
    process: { env: { API_TOKEN: app.token } },
  });
  const all = await app.post<{ id: number }>({ action: 'read' });
  expect([...(copy as Map<number, object>).values()].sort(byId)).toEqual(all.body.results);
  expect(since).toBeGreaterThan(0);
  return undefined;
}

const byId = (a: object, b: object) => (a as { id: number }).id - (b as { id: number }).id;

/** With the token that the keys of its page belong to. */
async function shell(command: string, app: TestApp): Promise<unknown> {
  if (!hasCurl) return undefined;
  const stdout = await new Promise<string>((resolve) => {
    const env = { PATH: process.env.PATH, TOKEN: app.token };
    execFile('sh', ['-c', command], { env }, (_, output) => resolve(output));
  });
  if (stdout.startsWith('{')) return JSON.parse(stdout);
  // A stream, ended by curl: as the page prints it, but for the rows.
  const [shown = ''] = [...textOf('docs/syncing.md').matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
  const events = (text: string) =>
    text
      .trim()
      .split(/\n\n/)
      .map((event) => event.replace(/"id":(\d+),.*"sequence"/, '"id":$1,…,"sequence"'));
  expect(events(stdout)).toEqual(events(shown));
  return undefined;
}

/** Runs TypeScript of a page and answers some of its variables. What it would import is given. */
async function evaluate(
  code: string,
  names: readonly string[],
  given: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const body = stripTypeScriptTypes(code.replace(/^import .*$/gm, ''));
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  return new AsyncFunction(...Object.keys(given), `${body}; return { ${names.join(', ')} };`)(...Object.values(given));
}

/** Links to files that are not there, or to headings that these do not have. */
function brokenLinks(page: string): string[] {
  const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/gs)].map(([, target = '']) => target);
  return links
    .filter((target) => !target.startsWith('http'))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchorsOf(textOf(file)).includes(anchor);
    });
}

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
