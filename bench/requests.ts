import { createHash } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, request as sendRequest } from 'node:http';
import { apiHash } from '../client/src/api-hash.ts';
import { buildQuery, type PhpValue } from '../client/src/php-query.ts';

export interface Credentials {
  token: string;
  key: string;
}

export const ENDPOINT = '/api/call-queue';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The form body of a read, with its hash, as a PHP script sends it. */
export function readBody(parameters: { readonly [name: string]: PhpValue }, { key }: Credentials): string {
  const asked = { action: 'read', ...parameters };
  const hash = apiHash(asked, key, (text) => createHash('md5').update(text).digest('hex'));
  return buildQuery({ ...asked, api_hash: hash });
}

export function requestHeaders({ token }: Credentials): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' };
}

/** Asks one question after the other over one connection. */
export function createAsker(url: string, credentials: Credentials): (body: string) => Promise<Answer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = requestHeaders(credentials);
  return (body) =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
      const sent = sendRequest(new URL(ENDPOINT, url), options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
}
