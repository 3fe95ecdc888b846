import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openQueue } from '../app/open-queue.ts';
import { databasePath, isPostgres } from '../app/open-store.ts';
import { createFirstToken } from '../app/tokens.ts';
import { loadSettings, type Settings } from '../config.ts';
import { defineCommand } from './command.ts';
import { CommandFailedError } from './command-errors.ts';
import { EXIT } from './exit-code.ts';
import { firstSteps } from './first-steps.ts';

export const serve = defineCommand({
  name: 'serve',
  summary: 'answers the API until it is told to stop',
  details: `Settings come from callqueue.yaml and CALLQUEUE_* variables (docs/configuration.md). At the first start an
administrator's token and key are made: they are written to first-token.txt beside the database (in the working
directory if that is PostgreSQL), and shown if this is a terminal. The log goes to standard error. SIGINT or SIGTERM
ends it after the running requests.`,
  options: {},
  async run({ env, cwd, stdout, stderr, signal }) {
    const settings = loadSettings({ env, cwd });
    // Loaded here, as no other command needs the HTTP server: that saves each of them 0.1 s and 30 MB.
    const { createService } = await import('../app/service.ts');
    const service = createService(settings);
    // At once, as a start may wait for the database.
    signal.addEventListener('abort', () => void service.stop(), { once: true });
    try {
      const { url } = await service.start().catch((error) => {
        throw listenError(error, settings);
      });
      const shownUrl = reachableUrl(url);
      const first = settings.token === undefined ? await makeFirstToken(settings, shownUrl, cwd) : undefined;
      stdout.write(`callqueue answers at ${shownUrl}/api/call-queue (${projectsSentence(settings)})\n`);
      if (first !== undefined) {
        const terminal = stdout.isTTY ? stdout : stderr.isTTY ? stderr : undefined;
        terminal?.write(`\n${first.text}\nAll of this also stands in ${first.file}\n`);
        if (terminal === undefined) stderr.write(`The first token and how to use it: ${first.file}\n`);
      }
      if (!signal.aborted) await once(signal, 'abort');
      return EXIT.done;
    } catch (error) {
      if (signal.aborted) return EXIT.done;
      throw error;
    } finally {
      await service.stop();
    }
  },
});

async function makeFirstToken(
  settings: Settings,
  url: string,
  cwd: string,
): Promise<{ file: string; text: string } | undefined> {
  const file = join(isPostgres(settings) ? cwd : dirname(databasePath(settings)), 'first-token.txt');
  let text = '';
  const { store } = await openQueue(settings, 'tokens');
  try {
    const fresh = await createFirstToken(store, ({ token, key }) => {
      text = firstSteps({ url, token, key: key as string });
      keepSecret(file, text);
    });
    return fresh && { file, text };
  } finally {
    await store.close();
  }
}

/** A file that only its owner can read, also where one lies there already with other rights. */
function keepSecret(file: string, text: string): void {
  try {
    writeFileSync(file, '', { mode: 0o600 });
    chmodSync(file, 0o600);
    writeFileSync(file, text);
  } catch (cause) {
    throw new CommandFailedError(`The first token cannot be kept in ${file}: ${(cause as Error).message}`, { cause });
  }
}

/** An address that means every network of this machine is reached, from here, by the loopback address. */
function reachableUrl(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname === '0.0.0.0' ? '127.0.0.1' : hostname === '[::]' ? '[::1]' : hostname;
  return `${protocol}//${host}:${port || 80}`;
}

function projectsSentence({ projects }: Settings): string {
  const [first, ...others] = projects.map(({ id }) => id);
  return others.length === 0 ? `project ${first}` : `projects ${[first, ...others].slice(0, 20).join(', ')}`;
}

function listenError(error: NodeJS.ErrnoException, { host, port }: Settings): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} of ${host} is in use by another program, perhaps by a callqueue that runs already; stop it, or set CALLQUEUE_PORT`,
    EACCES: `this user may not listen on port ${port}; set CALLQUEUE_PORT to 1024 or more`,
    EADDRNOTAVAIL: `${host} is no address of this machine; set CALLQUEUE_HOST to one that is`,
    ENOTFOUND: `the host name ${host} is unknown; set CALLQUEUE_HOST to an address of this machine`,
  };
  const reason = error.syscall === undefined ? undefined : reasons[error.code ?? ''];
  return reason === undefined ? error : new CommandFailedError(`Cannot listen: ${reason}`, { cause: error });
}
