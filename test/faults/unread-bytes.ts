import { readFileSync } from 'node:fs';

/** What a client has not read yet of a TCP connection to this machine: what waits in its system's buffer, and in ours. */
export interface UnreadWatch {
  /** Most bytes that waited at a time. */
  readonly most: number;
  readonly now: number;
  /** Longest time for which something waited and nothing was read. */
  readonly longestGapMs: number;
  /** How long this process itself had to wait for its turn: what the machine makes everybody wait, at least. */
  readonly longestWaitMs: number;
  stop(): void;
}

const EVERY_MS = 10;
/** The connections of IPv4, as Linux lists them; IPv6 sockets to 127.0.0.1 stand in the other file. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** @param port of the server; @param unsent what the server has not handed to its system yet */
export function watchUnread(port: number, unsent: () => number): UnreadWatch {
  let [most, now, longestGapMs, longestWaitMs] = [0, 0, 0, 0];
  let lookedAt = performance.now();
  let received = 0;
  let lastReadAt = performance.now();
  const look = () => {
    const at = performance.now();
    longestWaitMs = Math.max(longestWaitMs, at - lookedAt - EVERY_MS);
    lookedAt = at;
    const { received: waiting, sent } = queuesOf(port);
    now = waiting + sent + unsent();
    most = Math.max(most, now);
    // Less than before: it was read. As much or more may have been read and filled again: then the gap is overstated.
    if (waiting === 0 || waiting < received) lastReadAt = at;
    received = waiting;
    longestGapMs = Math.max(longestGapMs, at - lastReadAt);
  };
  const watching = setInterval(look, EVERY_MS);
  return {
    get most() {
      return most;
    },
    get now() {
      return now;
    },
    get longestGapMs() {
      return longestGapMs;
    },
    get longestWaitMs() {
      return longestWaitMs;
    },
    stop: () => clearInterval(watching),
  };
}

function queuesOf(port: number): { received: number; sent: number } {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  let [received, sent] = [0, 0];
  for (const table of TABLES) {
    for (const line of readFileSync(table, 'latin1').split('\n')) {
      // Local and remote address, state, bytes to be sent and to be read; 01 is an open connection.
      const [, local, remote, state, out, into] =
        /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) ([0-9A-F]+):([0-9A-F]+)/.exec(line) ??
        [];
      if (state !== '01') continue;
      if (remote === wanted) received += Number.parseInt(into ?? '0', 16);
      if (local === wanted) sent += Number.parseInt(out ?? '0', 16);
    }
  }
  return { received, sent };
}
