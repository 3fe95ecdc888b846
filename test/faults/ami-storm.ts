/*
 * A manager port in a process of its own that sends a storm of events, told by its parent what and when:
 *
 *     fork('ami-storm.ts', [JSON.stringify(options)])
 *
 * It says `listening` with its port, `ready` when a client has logged in and asked for both lists; the parent says `go`; then
 * it sends, and says `done`. Like the real one it throws out a client that leaves 2.8 MB unread.
 */

import { randomOf } from '../../bench/make-calls.ts';
import { AmiServer } from '../support/ami-server.ts';
import { planStorm, type StormPlanOptions } from './storm-calls.ts';
import { noiseOf } from './storm-events.ts';
import { LiveCalls, timeline } from './storm-timeline.ts';
import { watchUnread } from './unread-bytes.ts';

export interface StormOptions extends StormPlanOptions {
  /** Events a second while calls begin: what the calls do not fill up is noise. 0: calls alone. */
  perSecond: number;
}

export type StormWord =
  | { kind: 'listening'; url: string }
  | { kind: 'ready' }
  /** When the storm begins, by the clock of the machine: the times of its plan count from here. */
  | { kind: 'begun'; atMs: number }
  | ({ kind: 'done' } & StormFigures);

export interface StormFigures {
  events: number;
  /** Until the last call had begun. */
  eventsMeanwhile: number;
  seconds: number;
  bytes: number;
  /** When the last event of each call was written, from the beginning. */
  endedMs: number[];
  mostUnread: number;
  longestGapMs: number;
  longestWaitMs: number;
  /** Connections that the client made beyond its first, or that were taken from it. */
  reconnects: number;
  wasThrownOut: boolean;
}

const MOST_UNREAD = 2_800_000;
const TICK_MS = 4;

const options: StormOptions = JSON.parse(process.argv[2] ?? '{}');
const say = (word: StormWord) => process.send?.(word);

await using server = await AmiServer.start();
say({ kind: 'listening', url: server.url });
await server.received('CoreShowChannels');
say({ kind: 'ready' });
await new Promise((resolve) => process.once('message', resolve));
say({ kind: 'done', ...(await storm()) });
// The port stays until the parent goes: to close it would be a fault of another kind.
await new Promise((resolve) => process.once('disconnect', resolve));

async function storm(): Promise<StormFigures> {
  const random = randomOf(options.seed + 1);
  const due = timeline(planStorm(options));
  const live = new LiveCalls();
  const unread = watchUnread(server.port, () => server.unsentBytes);
  const begun = performance.now();
  say({ kind: 'begun', atMs: Date.now() });
  let [next, events, bytes, turn] = [0, 0, 0, 0];
  const endedMs: number[] = [];
  let meanwhile: number | undefined;
  let seconds = 0;
  let wasThrownOut = false;
  while (next < due.length) {
    const now = performance.now() - begun;
    const texts: string[] = [];
    for (let step = due[next]; step !== undefined && step.atMs <= now; step = due[++next]) {
      texts.push(step.text(step.call));
      live.note(step);
      if (step.isLast) endedMs[step.call.index] = now;
    }
    if (now < options.ms) {
      const lacking = Math.floor((options.perSecond * now) / 1000) - events - texts.length;
      for (let count = 0; count < lacking && live.size > 0; count += 1) texts.push(noiseOf(live.pick(random), turn++));
    } else if (meanwhile === undefined) [meanwhile, seconds] = [events + texts.length, now / 1000];
    if (texts.length > 0) {
      const chunk = Buffer.from(`${texts.join('\r\n\r\n')}\r\n\r\n`);
      server.send([chunk]);
      bytes += chunk.length;
      events += texts.length;
    }
    if (unread.now > MOST_UNREAD) {
      wasThrownOut = true;
      server.hangUp();
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  unread.stop();
  const { most: mostUnread, longestGapMs, longestWaitMs } = unread;
  const logins = server.requests.filter(({ action }) => action === 'Login').length;
  const figures = {
    events,
    eventsMeanwhile: meanwhile ?? events,
    seconds,
    bytes,
    endedMs,
    mostUnread,
    longestGapMs,
    longestWaitMs,
  };
  return { ...figures, reconnects: logins - 1, wasThrownOut };
}
