import { systemClock } from '../../src/core/clock.ts';
import type { Backend } from '../../src/http/backend.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import { createLogger } from '../../src/logger.ts';
import { type TestSettings, testSettings } from './app.ts';

export interface TestHttpServer extends AsyncDisposable {
  http: HttpServer;
  url: string;
  logLines: string[];
}

export const anyLogin: Backend['authenticator'] = {
  authenticate: async () => ({
    credential: { tokenId: 1, name: 'test', scope: 'admin', projectIds: null, agent: null },
    key: null,
  }),
};

/** The HTTP side alone, with whatever is to happen behind it; without `backend` it stays at starting. */
export async function startHttpServer(
  backend?: Partial<Backend>,
  settings: TestSettings = {},
): Promise<TestHttpServer> {
  const logLines: string[] = [];
  const http = createHttpServer({
    settings: testSettings('/nowhere', settings),
    logger: createLogger({ level: 'trace', destination: { write: (line) => void logLines.push(line) } }),
    clock: systemClock,
    openApi: {},
    version: 'test',
  });
  const url = await http.listen();
  if (backend !== undefined) {
    http.serve({
      api: { handle: async () => ({ status: 200, headers: {}, body: '{}' }) },
      authenticator: anyLogin,
      checkWritable: async () => undefined,
      parts: {} as Backend['parts'],
      ...backend,
    });
  }
  return { http, url, logLines, [Symbol.asyncDispose]: () => http.stop(0) };
}
