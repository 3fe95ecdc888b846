import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, startScriptedServer, text } from '../support/scripted-server.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const client = join(root, 'client');
const manifest = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'));

/** The pinned runtime, and the machine's own, which is often an older one; older than 18 is not promised. */
const runtimes = [process.execPath, '/usr/local/bin/node', '/usr/bin/node'].filter(
  (path) =>
    existsSync(path) && Number(/^v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]) >= 18,
);

describe('the published client', () => {
  let folder: string;
  let dist: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'callqueue-client-'));
    dist = join(folder, 'dist');
    await run(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      ...['-p', join(client, 'tsconfig.build.json'), '--outDir', dist],
    ]);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'use.js'), PROGRAM);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds what its package.json points to, the licence and a readme', () => {
    const { types, default: main } = manifest.exports['.'];
    for (const path of [types, main]) expect(existsSync(join(folder, path)), path).toBe(true);
    for (const name of ['LICENSE', 'README.md']) expect(existsSync(join(client, name)), name).toBe(true);
    expect(Object.keys(manifest)).not.toContain('dependencies');
  });

  test('uses nothing that only Node has', () => {
    const code = readdirSync(dist).filter((name) => name.endsWith('.js'));
    expect(code).toContain('client.js');
    for (const name of code) {
      const source = readFileSync(join(dist, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(source, name).not.toMatch(/\bBuffer\b|\bprocess\b|\brequire\b|\bglobal\b|['"]node:/);
      for (const [, specifier] of source.matchAll(/\bfrom\s*'([^']+)'/g))
        expect(specifier, name).toMatch(/^\.\/.+\.js$/);
    }
  });

  test.each(runtimes)('reads, saves and follows, after a retry and with a hash, under %s', async (node) => {
    const answer = (ids: number[], next_cursor: string | null) =>
      json(200, {
        has_error: false,
        messages: [],
        pagination: { row_count: 3, page_size: 2, next_cursor },
        results: ids.map((id) => ({ id })),
      });
    await using server = await startScriptedServer([
      text(503, 'starting', { 'retry-after': '0' }),
      answer([1, 2], 'b'),
      answer([3], null),
      text(503, 'starting', { 'retry-after': '0' }),
      json(200, { has_error: false, messages: [], pagination: [], results: [{ id: 4 }] }),
      text(200, 'id: 5\ndata: {"id":4,"sequence":5}\n\n', { 'content-type': 'text/event-stream' }),
    ]);
    const { stdout } = await run(node, [join(folder, 'use.js'), server.url]);
    expect(stdout).toBe('1,2,3,4,5\n');
    expect(server.requests.slice(0, 3).map(({ body }) => JSON.parse(body).cursor)).toEqual(['', '', 'b']);
    const keys = server.requests.slice(3, 5).map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), keys[0]]);
    // md5 of action=read&filters%5Bstatus%5D=pending&cursor=&page_size=1000your_api_key, by md5sum
    expect(JSON.parse(server.requests[1]!.body).api_hash).toBe('2a277f445ed070b993a8632fe27b7ca7');
  });
});

const PROGRAM = `
import { createClient } from './dist/index.js';
const client = createClient({ url: process.argv[2], token: 'a-token', key: 'your_api_key' });
const ids = [];
for await (const call of client.calls({ status: 'pending' })) ids.push(call.id);
const [saved] = await client.save({ project_id: 1, calls: [{ caller_id: '+441632960001' }] });
ids.push(saved.id);
for await (const { sequence } of client.changes({ live: true })) {
  ids.push(sequence);
  break;
}
console.log(ids.join());
`;
