import { logFatal } from './app/log-fatal.ts';
import { COMMANDS } from './cli/commands.ts';
import { EXIT } from './cli/exit-code.ts';
import { run } from './cli/run.ts';

/** The process: signals, the last line about what nobody foresaw, the exit code. */

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait.
    if (interruption.signal.aborted) process.exit(EXIT.failed);
    interruption.abort();
  });
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, endWith);

function endWith(error: unknown): never {
  logFatal(error);
  process.exit(EXIT.failed);
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read our output has left (`callqueue export | head`): there is nobody to tell.
    if (error.code === 'EPIPE') process.exit(EXIT.failed);
    throw error;
  });
}

process.exitCode = await run(COMMANDS, process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interruption.signal,
}).catch(endWith);
