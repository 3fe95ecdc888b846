/*
 * Slow clients and floods against a server process with default limits, for longer than `npm test` may take:
 *
 *     node test/faults/http-floods.ts [--seconds 60]
 *
 * 1. 2,000 connections that send a byte a second: other requests stay quick, all of them are cut in time.
 * 2. 200 bodies of 16 MiB without a token: answered 401 before the body, in the same memory.
 * 3. 300,000 failed logins: none gets in, the right token always does, nothing is kept of them.
 *
 * Prints a table; exit code 1 when a figure is missed.
 */
import { fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { parseArgs, styleText } from 'node:util';
import { openSocket } from '../support/raw-http.ts';

const MIB = 1024 ** 2;

if (process.send === undefined) await judge();
else await serve(process.send.bind(process));

async function serve(send: (message: unknown) => unknown): Promise<void> {
  const { startTestApp } = await import('../support/app.ts');
  const { createLogger } = await import('../../src/logger.ts');
  const app = await startTestApp({ logger: createLogger({ level: 'error' }) });
  process.on('message', (message) => {
    if (message === 'stop') void app.stop().then(() => process.disconnect());
    else {
      globalThis.gc?.();
      const { rss, heapUsed, external } = process.memoryUsage();
      send({ rss, live: heapUsed + external });
    }
  });
  send({ url: app.url, token: app.token });
}

async function judge(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
  const child = fork(import.meta.filename, { execArgv: ['--expose-gc'] });
  const next = <T>() => new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)));
  const { url, token } = await next<{ url: string; token: string }>();
  const memory = async () => {
    child.send('memory');
    return await next<{ rss: number; live: number }>();
  };
  const latencyP99 = async (until: () => boolean) => {
    const times: number[] = [];
    while (!until()) {
      const begun = performance.now();
      const answer = await fetch(`${url}/api/call-queue?action=read`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.text();
      if (answer.status !== 200) throw new Error(`The right token was answered ${answer.status}`);
      times.push(performance.now() - begun);
    }
    return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
  };

  const rows: [what: string, figure: string, isGood: boolean][] = [];
  const seconds = Number(values.seconds);
  const slow = await slowClients(url, 2000, seconds, latencyP99);
  rows.push(['slow clients: p99 of other requests', `${slow.p99.toFixed(1)} ms`, slow.p99 < 100]);
  rows.push(['slow clients: cut', `${slow.cut} of 2000 in ${slow.seconds.toFixed(0)} s`, slow.cut === 2000]);

  const before = await memory();
  const floods = await bodyFlood(url, 200, 16 * MIB);
  const grown = ((await memory()).rss - before.rss) / MIB;
  rows.push(['bodies without a token: answered 401', `${floods} of 200`, floods === 200]);
  rows.push(['bodies without a token: memory', `${grown.toFixed(0)} MiB more`, grown < 64]);

  const start = await memory();
  const guesses = await guessTokens(url, 300_000, latencyP99);
  const more = ((await memory()).live - start.live) / MIB;
  rows.push(['failed logins: let in', `${guesses.letIn} of ${guesses.tried}`, guesses.letIn === 0]);
  rows.push(['failed logins: p99 of the right token', `${guesses.p99.toFixed(1)} ms`, guesses.p99 < 100]);
  rows.push(['failed logins: kept in memory', `${more.toFixed(1)} MiB more`, more < 8]);

  child.send('stop');
  for (const [what, figure, isGood] of rows) {
    console.log(
      `${what.padEnd(42)} ${figure.padEnd(24)} ${isGood ? styleText('green', 'ok') : styleText('red', 'missed')}`,
    );
  }
  process.exitCode = rows.every(([, , isGood]) => isGood) ? 0 : 1;
}

type Latency = (until: () => boolean) => Promise<number>;

async function slowClients(url: string, count: number, seconds: number, latencyP99: Latency) {
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(url)));
  const begun = performance.now();
  let cut = 0;
  for (const socket of sockets) {
    socket.on('error', () => undefined);
    socket.resume();
    socket.once('close', () => {
      cut += 1;
    });
  }
  const text = `POST /api/call-queue HTTP/1.1\r\nHost: slow\r\nX-Slow: ${'a'.repeat(seconds)}`;
  let at = 0;
  const dripping = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(text.charAt(at));
    at += 1;
  }, 1000);
  const deadline = begun + (seconds + 10) * 1000;
  const p99 = await latencyP99(() => cut === count || performance.now() > deadline);
  clearInterval(dripping);
  for (const socket of sockets) socket.destroy();
  return { p99, cut, seconds: (performance.now() - begun) / 1000 };
}

/** How many were answered 401. */
async function bodyFlood(url: string, count: number, bytes: number): Promise<number> {
  const part = Buffer.alloc(64 * 1024, 'a');
  const send = async () => {
    const socket = await openSocket(url);
    return new Promise<boolean>((resolve) => {
      let answer = '';
      let sent = 0;
      const push = () => {
        while (sent < bytes && answer === '' && socket.writable) {
          sent += part.length;
          if (!socket.write(part)) return;
        }
      };
      socket.on('drain', push);
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => {
        answer = chunk.toString();
        socket.destroy();
      });
      socket.once('close', () => resolve(answer.startsWith('HTTP/1.1 401 ')));
      socket.write(`POST /api/call-queue HTTP/1.1\r\nHost: flood\r\nContent-Length: ${bytes}\r\n\r\n`);
      push();
    });
  };
  return (await Promise.all(Array.from({ length: count }, send))).filter(Boolean).length;
}

async function guessTokens(url: string, count: number, latencyP99: Latency) {
  const CONNECTIONS = 20;
  const BATCH = 10;
  let tried = 0;
  let letIn = 0;
  const guess = async () => {
    const { hostname, port } = new URL(url);
    const socket: Socket = connect(Number(port), hostname);
    for (let round = 0; round < count / CONNECTIONS / BATCH; round += 1) {
      const requests = Array.from(
        { length: BATCH },
        () =>
          `GET /api/call-queue?action=read HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer cq_${Math.random()}\r\n\r\n`,
      );
      socket.write(requests.join(''));
      let answers = 0;
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        const statuses = String(chunk).match(/HTTP\/1\.1 \d{3}/g) ?? [];
        letIn += statuses.filter((status) => !/ (401|429)$/.test(status)).length;
        answers += statuses.length;
        if (answers >= BATCH) break;
      }
      tried += answers;
    }
    socket.destroy();
  };
  let isDone = false;
  const guessing = Promise.all(Array.from({ length: CONNECTIONS }, guess)).then(() => {
    isDone = true;
  });
  const p99 = await latencyP99(() => isDone);
  await guessing;
  return { tried, letIn, p99 };
}
