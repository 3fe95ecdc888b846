import { createServer } from 'node:net';
import type { Settings } from '../../config.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Whether the port is free, or a server of ours answers there. */
export async function portFinding(settings: Settings): Promise<Finding> {
  const { host, port: number } = settings;
  if (number === 0) return ok('port', 'a free one is taken at each start');
  const place = `${host} port ${number}`;
  const code = await tryToListen(host, number);
  if (code === undefined) return ok('port', `${place} is free; no server is running`);
  if (code !== 'EADDRINUSE')
    return fail('port', `${place} cannot be listened on (${code}); set CALLQUEUE_HOST or CALLQUEUE_PORT`);
  const answer = await health(host, number);
  if (answer === 200) return ok('port', `a server answers at ${place} and is ready`);
  if (answer === 503) return warn('port', `a server answers at ${place} but is not ready; its log says why`);
  return fail('port', `${place} is in use by another program; stop it, or set CALLQUEUE_PORT`);
}

function tryToListen(host: string, number: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port: number, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The status of /readyz, undefined when whoever listens there is none of ours. */
async function health(host: string, number: number): Promise<number | undefined> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  try {
    const response = await fetch(`http://${name}:${number}/readyz`, { signal: AbortSignal.timeout(3000) });
    await response.body?.cancel();
    return response.headers.has('x-request-id') ? response.status : undefined;
  } catch {
    return undefined;
  }
}
