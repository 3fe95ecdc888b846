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

function linuxCpuTime(pid: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name of the program, in brackets, and may hold anything. utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1_000_000;
}

/** Microseconds that all processes of the machine together have used, since some moment. */
export function machineCpuTime(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) * 1000;
}

/** Most memory that the process has held, in megabytes; undefined where the system does not say. */
export function peakMemoryOf(pid: number): number | undefined {
  if (!hasProc) return undefined;
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}
