import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Microseconds of CPU that a process has used, in user and system mode, all its threads together. */
export type CpuTime = () => Promise<number>;

const hasProc = existsSync('/proc/self/stat');
let ticksPerSecond: number | undefined;

/**
 * Read from outside the measured process where the system allows it (Linux), so that reading costs it nothing.
 * @param fallback what the process says of itself, for other systems
 */
export function cpuTimeOf(pid: number, fallback: CpuTime): CpuTime {
  return hasProc ? async () => linuxCpuTime(pid) : fallback;
}

/**
 * Of a process and all of its children, those that have ended included; for a server that has a process for each connection.
 * Undefined where the system does not tell.
 */
export function familyCpuTimeOf(pid: number): CpuTime | undefined {
  const children = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(children)) return undefined;
  return async () => {
    const living = readFileSync(children, 'utf8').split(' ').filter(Boolean).map(Number);
    const own = statOf(pid);
    return living.reduce((sum, child) => sum + cpuOf(child), own === undefined ? 0 : own.used + own.usedByEnded);
  };
}

/** The process that has started this one, if both run the same program. */
export function parentOf(pid: number): number | undefined {
  const child = statOf(pid);
  const parent = child && statOf(child.parent);
  return parent?.program === child?.program ? child?.parent : undefined;
}

function linuxCpuTime(pid: number): number {
  return statOf(pid)?.used ?? Number.NaN;
}

/** A child may end while they are counted, and counts from the next time on. */
function cpuOf(child: number): number {
  return statOf(child)?.used ?? 0;
}

/** What Linux says of a process, times in microseconds; undefined: there is none. */
function statOf(pid: number): { program: string; parent: number; used: number; usedByEnded: number } | undefined {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the name of the program, in brackets, and may hold anything. The parent is the fourth, utime and
  // stime are 14 and 15, those of children that have ended 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const program = stat.slice(stat.indexOf('('), stat.lastIndexOf(')') + 1);
  const time = (at: number) => (Number(fields[at]) / (ticksPerSecond as number)) * 1_000_000;
  return { program, parent: Number(fields[1]), used: time(11) + time(12), usedByEnded: time(13) + time(14) };
}

/** Microseconds that all processes of the machine together have used, since some moment. */
export function machineCpuTime(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) * 1000;
}

/** Memory of a process, in megabytes. */
export interface Memory {
  /** The most that it has held, pages of mapped files included: once for each place where they are mapped. */
  most: number;
  /** What it holds now that is in no file. */
  own: number;
}

/** Undefined where the system does not say. */
export function memoryOf(pid: number): Memory | undefined {
  if (!hasProc) return undefined;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { most: megabytes('VmHWM'), own: megabytes('RssAnon') };
}
