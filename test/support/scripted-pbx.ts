import { AmiServer, type AmiServerOptions, list, succeed } from './ami-server.ts';
import type { inboundCall } from './asterisk-calls.ts';

type Call = ReturnType<typeof inboundCall>;

export interface ScriptedPbx extends AsyncDisposable {
  server: AmiServer;
  /** Calls that its lists show as waiting in a queue. */
  waiting: Set<Call>;
  /** The next connections find another run of the process. */
  restart(): void;
}

/** A manager port whose lists show who waits, and that can be another run of the PBX. */
export async function startScriptedPbx(options: AmiServerOptions = {}): Promise<ScriptedPbx> {
  const waiting = new Set<Call>();
  let run = 9;
  const server = await AmiServer.start({
    ...options,
    answers: {
      queuestatus: (request) =>
        list(
          request,
          [...waiting].map((call) => call.waits(5)),
        ),
      coreshowchannels: (request) =>
        list(
          request,
          [...waiting].map((call) => call.isListed(5)),
        ),
      corestatus: (request) => [succeed(request, 'CoreStartupDate: 2026-11-23', `CoreStartupTime: 20:22:0${run}`)],
      ...options.answers,
    },
  });
  return {
    server,
    waiting,
    restart() {
      run -= 1;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
