import { AmiRefusedError } from './ami-errors.ts';
import type { AmiSession } from './ami-session.ts';
import type { AmiTimers } from './ami-timers.ts';

/** A PBX that hangs keeps its connections open; only an unanswered Ping shows it, at most 19 s after it fell silent. */
const INTERVAL_MS = 10_000;
const LIMIT_MS = 9_000;

/** Asks again and again whether the PBX is there, a while after each answer, and ends the session when it is not. Answers what stops it. */
export function keepPinging(session: AmiSession, timers: AmiTimers): () => void {
  let cancel = () => {};
  let isStopped = false;
  const again = () => {
    if (isStopped) return;
    cancel = timers.after(INTERVAL_MS, () => {
      session.request('Ping', [], { timeoutMs: LIMIT_MS }).then(again, (error) => {
        // Whoever refuses is there.
        if (error instanceof AmiRefusedError) again();
        else session.end(`the PBX does not answer: no reply to Ping for ${LIMIT_MS / 1000} s`);
      });
    });
  };
  again();
  return () => {
    isStopped = true;
    cancel();
  };
}
