import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { spawnThread } from '../../src/threads/spawn-thread.ts';

const start = (data: string) =>
  spawnThread({ program: new URL('./loaded-modules.ts', import.meta.url), data, name: 'loaded modules' });

test('a thread gets its data, and has no types to strip: threads that do so at the same time may crash', async () => {
  const threads = ['one', 'two'].map(start);
  const told = await Promise.all(threads.map((thread) => once(thread, 'message')));
  expect(told.map(([{ data }]) => data)).toEqual(['one', 'two']);
  for (const [{ loaded }] of told) {
    expect(loaded.length).toBeGreaterThan(50);
    expect(loaded.filter((name: string) => name.includes('amaro'))).toEqual([]);
  }
  await Promise.all(threads.map((thread) => thread.terminate()));
});

test('stripping types says nothing to the terminal', async () => {
  const program = `import(${JSON.stringify(new URL('../../src/threads/spawn-thread.ts', import.meta.url))}).then((module) => {
    const program = new URL(${JSON.stringify(new URL('./loaded-modules.ts', import.meta.url))});
    module.spawnThread({ program, data: '', name: 'loaded' }).once('message', () => process.stdout.write('started'));
  })`;
  const said = await promisify(execFile)(process.execPath, ['--eval', program]);
  expect(said).toEqual({ stdout: 'started', stderr: '' });
});
