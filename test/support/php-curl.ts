import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { getPHPLoaderModule } from '@php-wasm/node-8-3';
import { loadPHPRuntime, PHP, setPhpIniEntries } from '@php-wasm/universal';

export interface ScriptOutcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** What curl_exec of php-curl.php asks for. */
interface CurlRequest {
  url: string;
  headers: string[];
  /** Base64 of the very bytes; null: a GET. */
  body: string | null;
  timeoutSeconds: number;
}

interface CurlAnswer {
  status: number;
  /** Base64. */
  body: string;
  error: string;
}

/**
 * Runs a PHP script as it stands in the file, in real PHP. What it hands to curl_exec is sent to the real address by
 * Node, with the method and headers that curl would send.
 */
export async function runPhpScript(path: string, env: Record<string, string>): Promise<ScriptOutcome> {
  const php = new PHP(await loadPHPRuntime(await getPHPLoaderModule()));
  try {
    await setPhpIniEntries(php, {
      disable_functions: 'curl_init,curl_setopt_array,curl_setopt,curl_exec,curl_error,curl_getinfo,curl_close',
      display_errors: 'stderr',
    });
    php.onMessage(async (message) => JSON.stringify(await send(JSON.parse(message) as CurlRequest)));
    php.writeFile('/php-curl.php', readFileSync(join(import.meta.dirname, 'php-curl.php')));
    php.writeFile('/script.php', readFileSync(path));
    const code = "<?php error_reporting(E_ALL); require '/php-curl.php'; require '/script.php';";
    const { exitCode, text, errors } = await php.run({ code, env }).catch(outcomeOfFailure);
    return { exitCode, stdout: text, stderr: errors };
  } finally {
    php.exit();
  }
}

type RunOutcome = Awaited<ReturnType<PHP['run']>>;

/** `run` throws when a script exits with another code than 0; the outcome then hangs on the error. */
function outcomeOfFailure(error: Error & { response?: RunOutcome }): RunOutcome {
  if (error.response === undefined) throw error;
  return error.response;
}

function send({ url, headers, body, timeoutSeconds }: CurlRequest): Promise<CurlAnswer> {
  const { promise, resolve } = Promise.withResolvers<CurlAnswer>();
  const fail = (error: Error): void => resolve({ status: 0, body: '', error: error.message });
  const outgoing = request(url, {
    method: body === null ? 'GET' : 'POST',
    headers: { accept: '*/*', ...(body !== null && { 'content-type': 'application/x-www-form-urlencoded' }) },
    ...(timeoutSeconds > 0 && { signal: AbortSignal.timeout(timeoutSeconds * 1000) }),
  });
  for (const header of headers) {
    const colon = header.indexOf(':');
    outgoing.setHeader(header.slice(0, colon), header.slice(colon + 1).trim());
  }
  outgoing.on('error', fail);
  outgoing.on('response', async (response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('base64'), error: '' });
    } catch (error) {
      fail(error as Error);
    }
  });
  outgoing.end(body === null ? undefined : Buffer.from(body, 'base64'));
  return promise;
}
