import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorkplace, type Workplace } from '../support/cli.ts';

const TOKEN = 'a-token-of-the-settings';
const CLIENTS = 50;

let place: Workplace;
beforeEach(() => {
  place = createWorkplace({ CALLQUEUE_PORT: '0', CALLQUEUE_TOKEN: TOKEN });
});
afterEach(() => place.remove());

async function serve() {
  const started = place.start(['serve']);
  const url = /(http:\S+\/api\/call-queue)/.exec(await started.firstLine)?.[1] ?? '';
  return { ...started, url: new URL(url) };
}

/** A save that the server has accepted: it has said that it waits for the body. */
async function acceptedSave(url: URL, externalId: string): Promise<{ socket: Socket; finish(): Promise<string> }> {
  const body = JSON.stringify({
    action: 'save',
    data: { project_id: 1, calls: [{ caller_id: '+441632960001', external_id: externalId }] },
  });
  const socket = connect(Number(url.port), url.hostname);
  socket.write(
    [
      'POST /api/call-queue HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${TOKEN}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Expect: 100-continue',
      '\r\n',
    ].join('\r\n'),
  );
  await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
  return {
    socket,
    finish() {
      socket.write(body);
      return text(socket);
    },
  };
}

it('answers every request that it has accepted when SIGTERM comes, and stores what it answers', async () => {
  const first = await serve();
  const saves = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => acceptedSave(first.url, `x${index}`)));
  const half = Math.floor(CLIENTS / 2);
  const before = saves.slice(0, half).map((save) => save.finish());
  first.process.kill('SIGTERM');
  const answers = await Promise.all([...before, ...saves.slice(half).map((save) => save.finish())]);
  const begun = performance.now();
  expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 200 OK'))).toHaveLength(CLIENTS);
  expect(await first.outcome).toMatchObject({ code: 0 });
  expect(performance.now() - begun).toBeLessThan(10_000);

  const second = await serve();
  const response = await fetch(second.url, {
    method: 'POST',
    body: 'action=read',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const { pagination } = (await response.json()) as { pagination: { row_count: number } };
  expect(pagination.row_count).toBe(CLIENTS);
});
