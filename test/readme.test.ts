import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { loadSettings } from '../src/config.ts';
import { runPhpScript } from './support/php-curl.ts';

const root = join(import.meta.dirname, '..');
const page = (path: string) => readFileSync(join(root, path), 'utf8');
const blocks = (path: string, language: string) =>
  [...page(path).matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');

/** The commands of the README, one a line; what `npm ci` does is what brought this test here. */
const COMMANDS = blocks('README.md', 'sh').flatMap((block) => block.trim().split('\n'));

let folder: string;
let stop: () => Promise<void> = async () => {};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callqueue-readme-'));
});
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

const environment = () => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(CALLQUEUE_|NODE_|VITEST|npm_)/i.test(name))),
  CALLQUEUE_DATABASE: `sqlite:${folder}/callqueue.db`,
  CALLQUEUE_PORT: '0',
});

function shell(command: string) {
  // Its own process group, so that npm, the shell between and the server can be ended together.
  const child = spawn('sh', ['-c', command], { cwd: root, env: environment(), detached: true });
  let output = '';
  const outcome = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = (chunk: Buffer) => {
        output += chunk;
        const found = pattern.exec(output);
        if (found !== null) resolve(found);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      outcome.then(() => reject(new Error(`It ended without saying ${pattern}: ${output}`)));
    });
  const end = async () => {
    process.kill(-(child.pid as number), 'SIGTERM');
    await outcome;
  };
  return { outcome, says, end };
}

describe('the README', () => {
  it('holds the two commands that everything begins with', () => {
    expect(COMMANDS).toContain('npm ci && npm start');
    expect(COMMANDS).toContain('npm ci && npm test');
    expect(manifest.scripts.test).toBe('vitest run');
  });

  it('starts the server, and its PHP reads the list with the token that was made', async () => {
    const server = shell('npm start');
    stop = server.end;
    const [, url = ''] = await server.says(/callqueue answers at (\S+)\/api\/call-queue /);
    await server.says(/The first token and how to use it: /);
    const file = readFileSync(join(folder, 'first-token.txt'), 'utf8');
    const [, token, key] = /^token: (\S+)\nkey: (\S+)$/m.exec(file) ?? [];

    const [php = ''] = blocks('README.md', 'php');
    const code = php.replace('http://127.0.0.1:8080', url);
    expect(code).not.toBe(php);
    const script = join(folder, 'readme.php');
    writeFileSync(script, `<?php $token = '${token}'; $key = '${key}'; ${code} echo json_encode($answer);`);
    const { exitCode, stdout, stderr } = await runPhpScript(script, {});
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ has_error: false, pagination: { row_count: 0 } });
  });

  it('has commands that work, in their order, beside that server', async () => {
    const others = COMMANDS.filter((command) => !command.startsWith('npm ci'));
    expect(others.length).toBeGreaterThan(3);
    const outputs: string[] = [];
    for (const command of others) {
      const started = shell(command);
      const said = started.says(/\n$/).catch(() => undefined);
      const { code, output } = await started.outcome;
      await said;
      expect({ command, code }).toEqual({ command, code: 0 });
      outputs.push(output);
    }
    expect(outputs[0]).toContain('1 call imported');
    expect(outputs[1]).toContain('+441632960001');
    expect(outputs[2]).toMatch(/token: cq_/);
  });
});

describe('docs/operations.md', () => {
  it('shows settings that can be used', () => {
    const [yaml = ''] = blocks('docs/operations.md', 'yaml');
    writeFileSync(join(folder, 'callqueue.yaml'), yaml);
    expect(loadSettings({ env: {}, cwd: folder }).database).toBe('sqlite:/var/lib/callqueue/callqueue.db');
  });

  it('starts the launcher by the Node that npm ci brings', () => {
    const [unit = ''] = blocks('docs/operations.md', 'ini');
    const [, node = '', launcher = ''] =
      /^ExecStart=\/opt\/callqueue\/(\S+) \/opt\/callqueue\/(\S+) serve$/m.exec(unit) ?? [];
    expect(readFileSync(join(root, launcher), 'utf8')).toMatch(/^#!/);
    expect(() => readFileSync(join(root, node))).not.toThrow();
  });
});
