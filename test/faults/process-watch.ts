import { readdirSync, readFileSync } from 'node:fs';

const MIB = 1024 ** 2;
/** Of /proc, on every Linux. */
const TICKS_PER_SECOND = 100;

/** What a process uses, seen from outside by /proc. */
export interface ProcessWatch {
  /** The most memory it held since it was watched, in MiB: with and without pages of files. */
  readonly mostMiB: { all: number; own: number };
  /** Seconds that each of its threads has worked since it was watched, by name; threads of one name together. */
  threadSeconds(): Map<string, number>;
  stop(): void;
}

export function watchProcess(pid: number): ProcessWatch {
  let [all, own] = [0, 0];
  const before = cpuOf(pid);
  const look = () => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    all = Math.max(all, (kib('VmRSS') * 1024) / MIB);
    own = Math.max(own, (kib('RssAnon') * 1024) / MIB);
  };
  const watching = setInterval(look, 200);
  return {
    get mostMiB() {
      return { all, own };
    },
    threadSeconds() {
      const seconds = new Map<string, number>();
      for (const [id, { name, worked }] of cpuOf(pid)) {
        const since = worked - (before.get(id)?.worked ?? 0);
        seconds.set(name, (seconds.get(name) ?? 0) + since);
      }
      return seconds;
    },
    stop: () => clearInterval(watching),
  };
}

function cpuOf(pid: number): Map<string, { name: string; worked: number }> {
  const threads = new Map<string, { name: string; worked: number }>();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
      // The name may hold blanks and brackets; what is behind it cannot.
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      threads.set(id, { name, worked: (Number(rest[11]) + Number(rest[12])) / TICKS_PER_SECOND });
    } catch {
      // Ended since the folder was read.
    }
  }
  return threads;
}
