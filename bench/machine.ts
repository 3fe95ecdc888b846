import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  system: string;
  node: string;
  sqlite: string;
  /** Load average of the last minute when the bench began: anything much above 0 is somebody else. */
  loadBefore: number;
  /** What was measured; undefined outside a checkout. */
  commit: string | undefined;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    sqlite: process.versions.sqlite ?? 'unknown',
    loadBefore: loadavg()[0] ?? Number.NaN,
    commit: commit(),
  };
}

function commit(): string | undefined {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '../src', '../client').trim();
    return git('rev-parse', '--short', 'HEAD').trim() + (changed === '' ? '' : ' with changes');
  } catch {
    return undefined;
  }
}
