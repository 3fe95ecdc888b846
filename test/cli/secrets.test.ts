import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorkplace, type Workplace } from '../support/cli.ts';

let place: Workplace;
beforeEach(() => {
  place = createWorkplace();
});
afterEach(() => place.remove());

it.each([
  ['an address that cannot be read', 'pbx: {url: "ami://callqueue:geheim/x@127.0.0.1"}\n'],
  ['an address in the wrong place', 'pbx: "ami://callqueue:geheim/x@127.0.0.1"\n'],
  ['an address under a wrong name', 'pbx: {adress: "ami://callqueue:geheim@127.0.0.1"}\n'],
  ['a queue_log in no database', 'pbx: {url: "ami://u:geheim@h", queue_log: "postgres://u:geheim@h"}\n'],
])('neither doctor nor serve shows the secret of %s', async (_, yaml) => {
  place.write('callqueue.yaml', yaml);
  for (const command of ['doctor', 'serve']) {
    const { code, stdout, stderr } = await place.run([command]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('pbx');
    expect(stdout + stderr).not.toContain('geheim');
  }
});

it('doctor says that others can read a file with the secret of the PBX, and does not show it', async () => {
  const file = place.write('callqueue.yaml', `pbx: {url: "ami://callqueue:geheim@127.0.0.1:${await closedPort()}"}\n`);
  chmodSync(file, 0o644);
  const { stdout, stderr } = await place.run(['doctor']);
  expect(stdout).toContain(`settings: ${file} can be read by others: chmod 600 it`);
  expect(stdout + stderr).not.toContain('geheim');
  chmodSync(file, 0o600);
  expect((await place.run(['doctor'])).stdout).toContain(`settings: ${file}\n`);
});

/** A port on which nobody answers. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
