import { calls } from './001-calls.ts';
import { journal } from './002-journal.ts';
import { capture } from './003-capture.ts';
import { doNotCall } from './004-do-not-call.ts';
import { callCounts } from './005-call-counts.ts';

/** In order, each once, forward only. The number of a migration is its place, from 1; what has been released stays. */
export const MIGRATIONS: readonly (readonly string[])[] = [calls, journal, capture, doNotCall, callCounts];
