import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClient, type Row } from '#client';
import { startTestApp, type TestApp } from './support/app.ts';
import { makeCall } from './support/make-call.ts';
import { tempFolder } from './support/temp-folder.ts';

const root = join(import.meta.dirname, '..');

describe('examples/sync-crm.ts', () => {
  test('ends up with the list, though it is killed in the middle and calls change all the time', async () => {
    await using app = await startTestApp({ calls: Array.from({ length: 500 }, () => makeCall({})) });
    const { token, key } = await app.addToken({ withKey: true });
    const path = join(tempFolder(), 'crm.db');
    const environment = { API_URL: app.url, API_TOKEN: token, API_KEY: key };

    const first = start(path, [], environment);
    const writing = changeCalls(app, 300);
    await first.saysLine(200);
    first.child.kill('SIGKILL');
    await first.ended;
    const { since } = readCopy(path);
    expect(since).toBeGreaterThanOrEqual(200);

    const second = start(path, [], environment);
    const last = await writing;
    await second.says(`${last}\t`);
    second.child.kill('SIGTERM');
    expect(await second.ended).toEqual({ code: 0, stderr: '' });
    expect(readCopy(path)).toEqual({ since: last, rows: await everyRow(app) });
    // Nothing was missed and nothing came twice.
    const sequences = second.lines().map((line) => Number(line.split('\t')[0]));
    expect(sequences).toEqual(Array.from({ length: last - since }, (_, index) => since + 1 + index));
  });

  test('ends by itself with --once, and has nothing to do when nothing changed', async () => {
    await using app = await startTestApp({ calls: [makeCall({}), makeCall({ status: 'completed' })] });
    const path = join(tempFolder(), 'crm.db');
    const environment = { API_URL: app.url, API_TOKEN: app.token };
    const first = start(path, ['--once'], environment);
    expect(await first.ended).toEqual({ code: 0, stderr: '' });
    expect(first.lines().map((line) => line.split('\t')[2])).toEqual(['pending', 'completed']);
    const second = start(path, ['--once'], environment);
    expect(await second.ended).toEqual({ code: 0, stderr: '' });
    expect(second.lines()).toEqual([]);
    expect(readCopy(path).rows).toEqual(await everyRow(app));
  });

  test('reads everything again when the server does not know what came after its place', async () => {
    await using app = await startTestApp({ calls: Array.from({ length: 1200 }, () => makeCall({})) });
    const path = join(tempFolder(), 'crm.db');
    const environment = { API_URL: app.url, API_TOKEN: app.token };
    await start(path, ['--once'], environment).ended;
    const copy = new DatabaseSync(path);
    // As if the server's database had been replaced by an older one.
    copy.exec(`UPDATE place SET since = 1000000; INSERT INTO calls VALUES (777777, 'pending', '{}')`);
    copy.close();
    const again = start(path, ['--once'], environment);
    expect(await again.ended).toEqual({ code: 0, stderr: '' });
    expect(again.lines()).toEqual(['read all 1200 calls']);
    expect(readCopy(path)).toEqual({ since: 1200, rows: await everyRow(app) });
  });

  test('says what was refused, and fails', async () => {
    await using app = await startTestApp();
    const refused = start(join(tempFolder(), 'crm.db'), [], { API_URL: app.url, API_TOKEN: 'cq_unknown' });
    expect(await refused.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('Invalid API token') });
  });
});

/** Saves, claims and closes calls, some at a time. Answers the number of the last change. */
async function changeCalls(app: TestApp, count: number): Promise<number> {
  const client = createClient({ url: app.url, token: app.token });
  for (let index = 0; index < count; index += 1) {
    const agent = `agent-${index}`;
    const caller_id = `+441632960${String(index % 1000).padStart(3, '0')}`;
    const [saved] = await client.save({ project_id: 1, calls: [{ caller_id, external_id: `order-${index % 50}` }] });
    if (index % 3 === 0) await client.note({ id: saved!.id!, text: `note ${index}` });
    if (index % 5 === 0 && (await client.claim({ agent })) !== undefined && index % 2 === 0) {
      const { results } = await client.read({ filters: { claimed_by: agent } });
      await client.complete({ id: results[0]!.id, agent });
    }
  }
  let last = 0;
  for await (const { sequence } of client.changes({ follow: false, since: 500 })) last = sequence;
  return last;
}

async function everyRow(app: TestApp): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of createClient({ url: app.url, token: app.token }).calls()) rows.push(row);
  return rows;
}

function readCopy(path: string): { since: number; rows: Row[] } {
  const copy = new DatabaseSync(path, { readOnly: true });
  const since = Number(copy.prepare('SELECT since FROM place').get()?.since);
  const rows = copy.prepare('SELECT row FROM calls ORDER BY id').all();
  copy.close();
  return { since, rows: rows.map(({ row }) => JSON.parse(row as string)) };
}

/** Runs the example with nothing in its environment but what it needs. */
function start(path: string, options: readonly string[], environment: Record<string, string>) {
  const script = join(root, 'examples/sync-crm.ts');
  const env = { PATH: process.env.PATH, ...environment };
  const child: ChildProcess = spawn(process.execPath, [script, path, ...options], { cwd: root, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stderr }));
  });
  const lines = () => stdout.split('\n').slice(0, -1);
  const until = (isThere: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (isThere()) resolve();
      };
      child.stdout?.on('data', look);
      ended.then(() => reject(new Error(`It ended too early: ${stderr}`)));
      look();
    });
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  return {
    child,
    ended,
    lines,
    /** Until it has written so many lines. */
    saysLine: (count: number) => until(() => lines().length >= count),
    /** Until a line begins so. */
    says: (beginning: string) => until(() => lines().some((line) => line.startsWith(beginning))),
  };
}
