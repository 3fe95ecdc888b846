import type { Login } from '../wire/authenticate.ts';

/** Who may use a route: everybody, or only who presents a token. A route that says nothing needs a token. */
export type Access = 'open' | 'token';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }

  interface FastifyRequest {
    /** Set by admission.ts on routes that need a token. */
    login: Login | null;
    /** Name of the action once it is known, for log and metrics; one of the actions there are, never what was sent. */
    action: string | null;
    /** By a clock that never jumps. */
    startedMs: number;
  }
}
