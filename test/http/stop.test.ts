import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/http/backend.ts';
import { startTestApp } from '../support/app.ts';
import { startHttpServer } from '../support/http-server.ts';
import { openSocket, parseAnswers, readToEnd, request } from '../support/raw-http.ts';

const KEPT_ALIVE = 'POST /api/call-queue HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\naction=read';

/** An API whose answers come when the test lets them. */
function slowApi() {
  const begun = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const api: Backend['api'] = {
    handle: async () => {
      begun.resolve();
      await finish.promise;
      return { status: 200, headers: {}, body: '{"has_error":false}' };
    },
  };
  return { api, begun: begun.promise, finish: finish.resolve };
}

async function isClosed(url: string): Promise<void> {
  const attempt = () =>
    openSocket(url).then(
      (socket) => {
        socket.destroy();
        return 'open';
      },
      () => 'refused',
    );
  await expect.poll(attempt).toBe('refused');
}

describe('stopping', () => {
  it('lets a running request finish, tells the client to go, and accepts no other', async () => {
    const { api, begun, finish } = slowApi();
    await using server = await startHttpServer({ api });
    const socket = await openSocket(server.url);
    const received = readToEnd(socket);
    // Two requests in one go: the second one is read only after the first was answered.
    socket.write(KEPT_ALIVE);
    await begun;
    const stopped = server.http.stop(10_000);
    await isClosed(server.url);
    finish();
    await stopped;
    const [answer, ...more] = parseAnswers(await received);
    expect([answer?.status, answer?.body, more]).toEqual([200, '{"has_error":false}', []]);
    expect(answer?.headers.connection).toBe('close');
  });

  it('answers 503 to what still comes over a connection that was open', async () => {
    const { api, begun, finish } = slowApi();
    await using server = await startHttpServer({ api });
    const socket = await openSocket(server.url);
    socket.write('POST /api/call-queue HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\naction');
    const other = await openSocket(server.url);
    const received = readToEnd(other);
    const slow = readToEnd(socket);
    // Its headers have begun, so this connection is not idle and stays.
    other.write('GET /api/call-queue?action=read HTTP/1.1\r\nHost: te');
    socket.write('=read');
    await begun;
    const stopped = server.http.stop(10_000);
    other.write('st\r\n\r\n');
    const [answer] = parseAnswers(await received);
    expect(answer?.status).toBe(503);
    expect(answer?.headers).toMatchObject({ 'retry-after': '5', connection: 'close' });
    expect(JSON.parse(answer?.body ?? '').messages).toEqual(['The service is stopping, try again']);
    finish();
    await stopped;
    expect(parseAnswers(await slow)[0]?.status).toBe(200);
  });

  it('closes connections that are kept alive soon', async () => {
    await using server = await startHttpServer({});
    const socket = await openSocket(server.url);
    const received = readToEnd(socket);
    socket.write(KEPT_ALIVE);
    await new Promise((resolve) => socket.once('data', resolve));
    const begun = performance.now();
    await server.http.stop(10_000);
    expect(parseAnswers(await received)).toHaveLength(1);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('does not wait for connections over which nothing ever came', async () => {
    await using server = await startHttpServer({});
    const received = readToEnd(await openSocket(server.url));
    const begun = performance.now();
    await server.http.stop(60_000);
    expect(await received).toBe('');
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('closes a connection when it becomes idle, whatever it was busy with', async () => {
    const { begun, finish, api } = slowApi();
    const checkWritable = async () => void (await api.handle({} as never));
    await using server = await startHttpServer({ checkWritable });
    const socket = await openSocket(server.url);
    const received = readToEnd(socket);
    socket.write('GET /readyz HTTP/1.1\r\nHost: test\r\n\r\n');
    await begun;
    const stopped = server.http.stop(60_000);
    await isClosed(server.url);
    finish();
    await stopped;
    expect(parseAnswers(await received)[0]?.status).toBe(200);
  });

  it('cuts what runs longer than it may', async () => {
    const { api, begun } = slowApi();
    const server = await startHttpServer({ api });
    const socket = await openSocket(server.url);
    const received = readToEnd(socket);
    socket.write(KEPT_ALIVE);
    await begun;
    await server.http.stop(50);
    expect(await received).toBe('');
  });

  it('may be done before listening, and twice', async () => {
    const { api } = slowApi();
    const server = await startHttpServer({ api });
    await Promise.all([server.http.stop(0), server.http.stop(0)]);
    await server.http.stop(0);
  });
});

describe('the app', () => {
  it('may be stopped at any moment, twice as well, and leaves nothing open', async () => {
    const app = await startTestApp();
    expect((await app.post({ action: 'read' })).status).toBe(200);
    const stopped = app.app.stop();
    await Promise.all([stopped, app.app.stop()]);
    await app.app.stop();
    await expect(app.fetch('/healthz')).rejects.toThrow();
    expect(app.logLines.map((line) => JSON.parse(line).msg).slice(-2)).toEqual(['stopping', 'stopped']);
    await app.stop();
  });

  it('refuses to listen where another one does, and says why', async () => {
    await using first = await startTestApp();
    const { port } = new URL(first.url);
    await expect(startTestApp({ settings: { port: Number(port) } })).rejects.toThrow(/EADDRINUSE/);
  });

  it('answers a request that was sent whole before the stop', async () => {
    await using app = await startTestApp();
    const socket = await openSocket(app.url);
    const received = readToEnd(socket);
    socket.write(request('GET', '/api/call-queue?action=read', { headers: [`Authorization: Bearer ${app.token}`] }));
    const [answer] = parseAnswers(await received);
    expect(answer?.status).toBe(200);
  });
});
