import { getPHPLoaderModule } from '@php-wasm/node-8-3';
import { loadPHPRuntime, PHP, type PHPRequest } from '@php-wasm/universal';

/** A real PHP 8.3, compiled to WebAssembly: the judge of what PHP does. Starting takes about 0.3 s, a run about 1 ms. */
export interface Php {
  /** Runs a script; `<?php` is put in front. Answers what it printed. @throws when it printed an error */
  run(code: string): Promise<string>;
  /** `serialize` of what `parse_str` makes of a form, each byte as the character of the same number. */
  parse(form: string | Uint8Array): Promise<string>;
  /** The `api_hash` of a JSON body; null when `json_decode` refuses it or it is no array. */
  hash(json: string | Uint8Array, key: string): Promise<string | null>;
  /** `serialize($_POST)` for a body that PHP itself receives, as bytes like `parse`. */
  post(contentType: string, body: Uint8Array): Promise<string>;
  /** `http_build_query($p)` without `api_hash` after code that sets `$p`, perhaps from a body that PHP itself receives. */
  query(code: string, contentType?: string, body?: Uint8Array): Promise<string>;
  stop(): void;
}

/** Call `stop()` at the end, in `afterAll`. */
export async function startPhp(): Promise<Php> {
  let php = await start();
  let runs = 0;

  async function run(code: string, request: Omit<PHPRequest, 'code'> = {}): Promise<string> {
    if (++runs % RUNS_PER_PROCESS === 0) {
      php.exit();
      php = await start();
    }
    const { text, errors, exitCode } = await php.run({ code: `<?php ${code}`, ...request });
    if (errors !== '' || exitCode !== 0) throw new Error(`PHP failed (${exitCode}): ${errors}${text}`);
    return text;
  }

  return {
    run: (code) => run(code),
    parse: async (form) => fromBase64(await run(`parse_str(${literal(form)}, $p); echo base64_encode(serialize($p));`)),
    hash: async (json, key) => {
      const hash = await run(
        `$p = json_decode(${literal(json)}, true); if (!is_array($p)) exit; unset($p['api_hash']);` +
          `echo md5(http_build_query($p) . ${literal(key)});`,
      );
      return hash === '' ? null : hash;
    },
    post: async (contentType, body) =>
      fromBase64(await run('echo base64_encode(serialize($_POST));', posted(contentType, body))),
    query: (code, contentType = '', body = Buffer.of()) =>
      run(`${code} unset($p['api_hash']); echo http_build_query($p);`, posted(contentType, body)),
    stop: () => php.exit(),
  };
}

/** Each run leaves a file descriptor open inside; after some 2,000 there are none left. */
const RUNS_PER_PROCESS = 1000;

async function start(): Promise<PHP> {
  return new PHP(await loadPHPRuntime(await getPHPLoaderModule()));
}

function posted(contentType: string, body: Uint8Array): Omit<PHPRequest, 'code'> {
  return { method: 'POST', headers: { 'content-type': contentType }, body: new Uint8Array(body) };
}

/** A PHP expression for text (as UTF-8) or bytes. */
export function literal(value: string | Uint8Array): string {
  return `base64_decode('${Buffer.from(value as string).toString('base64')}')`;
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}
