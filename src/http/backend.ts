import type { ApiParts } from '../wire/action.ts';
import type { Api } from '../wire/api.ts';
import type { Authenticator } from '../wire/authenticate.ts';

/** What answers requests, once the database is open. */
export interface Backend {
  api: Api;
  authenticator: Authenticator;
  /** What the API works with, for answers that are streams. */
  parts: ApiParts;
  /** Rejects when the database cannot be written to. */
  checkWritable(): Promise<void>;
}

/** Where the service is in its life; only a ready one has something to answer with. */
export type Phase = { name: 'starting' } | { name: 'ready'; backend: Backend } | { name: 'stopping' };
