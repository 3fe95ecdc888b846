import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Client } from '#client';
import { numberOf } from '../../bench/make-calls.ts';
import { openSocket, readToEnd } from '../support/raw-http.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { followFeed } from './feed-follower.ts';
import { judgeReader } from './judge.ts';
import { createServerProcess, TOKEN } from './server-process.ts';
import { readStored } from './stored.ts';

const READERS = 100;
const PER_SECOND = 1_000;
/** A reader may take nothing for 10 s before it is cut. */
const SHORTEST_S = 15;
const MOST_MIB = 150;
/** Of those, so many come back and read everything: each costs seconds. */
const RESUMING = 5;
const EVENT = /^id: (\d+)$/gm;

export const stalled: Fault = {
  name: 'stalled',
  title: `${READERS} readers of the event stream that do not read, ${PER_SECOND} changes a second`,
  runs: 60,
  unit: 'seconds',
  skipReason: () => (process.platform === 'linux' ? undefined : 'needs /proc to see the memory of a process'),
  async run({ runs, folder }) {
    const seconds = Math.max(runs, SHORTEST_S);
    await using server = createServerProcess({ database: `${folder}/callqueue.db`, logFolder: folder });
    await server.start();
    const client = server.client();
    await using healthy = followFeed(server.client(), true);
    // What the same load takes without them.
    const before = await peakWhile(server.pid, () => change(client, seconds / 2, 0));
    const sockets = await Promise.all(Array.from({ length: READERS }, () => stall(server.url)));
    const most = await peakWhile(server.pid, () => change(client, seconds, 1));
    const stored = await readStored(client, server.database);
    const last = stored.feed.at(-1)?.sequence ?? 0;
    await healthy.reaches(last);
    const texts = await Promise.all(sockets.map((socket) => readToEnd(socket.resume())));
    const holes: string[] = [];
    let wereCut = 0;
    for (const [index, text] of texts.entries()) {
      const got = [...text.matchAll(EVENT)].map(([, id]) => Number(id));
      if ((got.at(-1) ?? 0) < last) wereCut += 1;
      if (index >= RESUMING) continue;
      const whole = [...got, ...(await resume(server.url, got.at(-1) ?? 0, last))];
      holes.push(...judgeReader('resuming reader', whole, stored));
    }
    const grown = (most - before) / 1024 ** 2;
    return [
      { what: 'changes', figure: `${last}`, isGood: last > 0 },
      { what: 'readers that were cut', figure: `${wereCut} of ${READERS}`, isGood: wereCut === READERS },
      { what: 'memory', figure: `${grown.toFixed(0)} MiB more at most`, isGood: grown < MOST_MIB },
      noneOf('missed or doubled by those that resumed', holes, `${RESUMING} readers`),
      noneOf('missed or doubled by one that read', judgeReader('healthy reader', healthy.got, stored), `${last}`),
    ];
  },
};

/** A reader that takes nothing from the beginning on. */
async function stall(url: string): Promise<Socket> {
  const socket = await openSocket(url);
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(eventsRequest(0));
  return socket;
}

/** Everything after `since` until `last`. */
async function resume(url: string, since: number, last: number): Promise<number[]> {
  if (since >= last) return [];
  const socket = await openSocket(url);
  socket.setEncoding('utf8').write(eventsRequest(since));
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (chunk.includes(`id: ${last}\n`) || text.slice(-4096).includes(`id: ${last}\n`)) break;
  }
  socket.destroy();
  return [...text.matchAll(EVENT)].map(([, id]) => Number(id));
}

function eventsRequest(lastEventId: number): string {
  const headers = ['Host: test', `Authorization: Bearer ${TOKEN}`, `Last-Event-ID: ${lastEventId}`];
  return `GET /api/call-queue/events HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
}

/** So many changes each second, for so long. */
async function change(client: Client, seconds: number, part: number): Promise<void> {
  const STEPS = 10;
  for (let step = 0; step < seconds * STEPS; step += 1) {
    const begun = performance.now();
    const calls = Array.from({ length: PER_SECOND / STEPS }, (_, index) => ({
      caller_id: numberOf(part * 1_000_000 + step * 100 + index),
    }));
    await client.save({ project_id: 1, calls });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 / STEPS - (performance.now() - begun))));
  }
}

/** The most memory that the process held meanwhile. */
async function peakWhile(pid: number, work: () => Promise<void>): Promise<number> {
  let most = 0;
  const watching = setInterval(() => {
    most = Math.max(most, memoryOf(pid));
  }, 200);
  await work();
  clearInterval(watching);
  return most;
}

/** Without the pages of the database that the system shows to the process, and takes back as it needs. */
function memoryOf(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
