// The packages' own types cannot be resolved under nodenext: one exports none, the other lists them under the wrong name.
declare module '@php-wasm/node-8-3' {
  export function getPHPLoaderModule(): Promise<unknown>;
}
declare module '@php-wasm/universal' {
  export function loadPHPRuntime(loader: unknown, options?: Record<string, unknown>): Promise<number>;
  export function setPhpIniEntries(php: PHP, entries: Record<string, string>): Promise<void>;
  export interface PHPRequest {
    code: string;
    method?: string;
    headers?: Record<string, string>;
    body?: Uint8Array;
  }
  export class PHP {
    constructor(runtimeId: number);
    run(request: {
      code: string;
      env?: Record<string, string>;
    }): Promise<{ text: string; bytes: Uint8Array; errors: string; exitCode: number }>;
    writeFile(path: string, data: string | Uint8Array): void;
    onMessage(listener: (data: string) => Promise<string> | string): () => void;
    exit(): void;
  }
}
