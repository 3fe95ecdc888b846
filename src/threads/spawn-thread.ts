import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** What stands in `workerData` of a thread. */
export interface ThreadData<Data> {
  /** The address of its module. */
  program: string;
  /** The code of that module and of all it imports, without types, by address. */
  sources: ReadonlyMap<string, string>;
  data: Data;
}

export interface ThreadOptions<Data> {
  /** A module in TypeScript; it finds `data` by `threadData`. */
  program: URL;
  /** Whatever can be cloned. */
  data: Data;
  /** For debuggers and process lists. */
  name: string;
}

/**
 * Starts a module in a thread of its own.
 *
 * Node strips types by WebAssembly, and V8 sometimes crashes (SIGSEGV, SIGTRAP; Node 24.21, about one start in some
 * thousands) when several threads of a process run such code. So only the thread that calls this strips, and hands over
 * what it made. A thread then starts in half the time as well.
 */
export function spawnThread<Data>({ program, data, name }: ThreadOptions<Data>): Worker {
  const workerData: ThreadData<Data> = { program: program.href, sources: sourcesOf(program.href), data };
  return new Worker(new URL('./thread.js', import.meta.url), { workerData, name });
}

/** Files do not change under a running process. */
const stripped = new Map<string, string>();
const reached = new Map<string, ReadonlyMap<string, string>>();

function sourcesOf(program: string): ReadonlyMap<string, string> {
  let sources = reached.get(program);
  if (sources === undefined) {
    sources = reachedFrom(program);
    reached.set(program, sources);
  }
  return sources;
}

function reachedFrom(program: string): Map<string, string> {
  const sources = new Map<string, string>();
  const urls = [program];
  for (let url = urls.pop(); url !== undefined; url = urls.pop()) {
    if (sources.has(url)) continue;
    const source = strip(url);
    sources.set(url, source);
    for (const path of importsOf(source)) urls.push(new URL(path, url).href);
  }
  return sources;
}

function strip(url: string): string {
  let source = stripped.get(url);
  if (source === undefined) {
    source = withoutWarning(() => stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8')));
    stripped.set(url, source);
  }
  return source;
}

/** Node calls this function experimental, and once says so; what it does is what Node itself does with every file here. */
function withoutWarning<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Of files beside it, by statements: who imports otherwise has the file stripped in the thread after all. */
function importsOf(source: string): string[] {
  const statements = /^(?:import|export)\b[^'";]*?(?:\bfrom\s*)?['"](\.{1,2}\/[^'"]+\.ts)['"]/gm;
  return [...source.matchAll(statements)].map(([, path]) => path as string);
}
