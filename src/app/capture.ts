import type { Command } from '../core/call-command.ts';
import type { CallQueue } from '../core/call-queue.ts';
import type { RecordedAs } from '../core/capture-command.ts';
import { StoreUnavailableError } from '../core/errors.ts';
import type { InboundRoutes } from '../core/inbound-route.ts';
import type { PbxFinding } from '../core/pbx-finding.ts';
import type { Logger } from '../logger.ts';

export interface CaptureOptions {
  queue: Pick<CallQueue, 'execute'>;
  routes: InboundRoutes;
  /** Name of this instance: gaps are its own, and so is how far it has read. */
  instance: string;
  /** Told what became of each verdict. `not_counted`: its project does not count such; `failed`: it was passed over. */
  onRecorded: (as: RecordedAs | 'not_counted' | 'failed') => void;
  logger: Logger;
  /** Milliseconds until what the database could not take is tried again; default 200, growing to 5,000. */
  pausesMs?: { first: number; longest: number };
}

export interface Capture {
  /**
   * Carries findings out, in the order of the calls, and settles when all are durable. While the database is away it tries
   * on, until `stop`; what fails for another reason is logged and passed over, as one must not keep all others from
   * being stored.
   * @throws CaptureStoppedError: not all is stored
   */
  take(findings: readonly PbxFinding[]): Promise<void>;
  /** Tries nothing any more. */
  stop(): void;
}

const PAUSES_MS = { first: 200, longest: 5_000 };

/** Puts into the database what watching a PBX comes to. */
export function createCapture(options: CaptureOptions): Capture {
  const { queue, routes, instance, onRecorded, logger, pausesMs = PAUSES_MS } = options;
  const stopped = new AbortController();
  let before: Promise<void> = Promise.resolve();
  let isAway = false;

  function commandOf(finding: PbxFinding): Command | undefined {
    switch (finding.kind) {
      case 'gap':
        return { kind: 'record_gap', gap: { ...finding.gap, instance } };
      case 'place':
        return {
          kind: 'keep_place',
          pbx: finding.pbx,
          reader: placeReader(instance, finding.reader),
          place: finding.place,
        };
      case 'verdict': {
        const { verdict } = finding;
        return verdict.type === 'missed' ? routes.recordMissed(verdict) : routes.recordReached(verdict);
      }
    }
  }

  /** Posts all at once, so that they share a commit; answers those that the database could not take. */
  async function tryAll(findings: readonly PbxFinding[]): Promise<PbxFinding[]> {
    const outcomes = await Promise.all(findings.map(tryOne));
    return findings.filter((_, index) => outcomes[index] === 'again');
  }

  async function tryOne(finding: PbxFinding): Promise<'done' | 'again'> {
    const isVerdict = finding.kind === 'verdict';
    try {
      const command = commandOf(finding);
      if (command === undefined) {
        onRecorded('not_counted');
        return 'done';
      }
      const { outcome } = await queue.execute(command, { actor: 'system', projectIds: null });
      if (isAway) logger.info('The database takes again what the PBX tells');
      isAway = false;
      if (isVerdict && outcome.kind === 'recorded') onRecorded(outcome.as);
      return 'done';
    } catch (error) {
      if (error instanceof StoreUnavailableError) {
        if (!isAway)
          logger.warn({ err: error }, 'The database does not take what the PBX tells; it is kept and tried again');
        isAway = true;
        return 'again';
      }
      logger.error({ err: error, finding }, 'What the PBX told could not be recorded, and is passed over');
      if (isVerdict) onRecorded('failed');
      return 'done';
    }
  }

  async function untilDurable(findings: readonly PbxFinding[]): Promise<void> {
    let pauseMs = pausesMs.first;
    for (let left = findings; left.length > 0; ) {
      if (stopped.signal.aborted) throw new CaptureStoppedError();
      left = await tryAll(left);
      if (left.length === 0) return;
      await pause(pauseMs, stopped.signal);
      pauseMs = Math.min(2 * pauseMs, pausesMs.longest);
    }
  }

  async function takeAfter(turn: Promise<void>, findings: readonly PbxFinding[]): Promise<void> {
    await turn;
    // How far something is read only behind all that was found up to there.
    await untilDurable(findings.filter(({ kind }) => kind !== 'place'));
    await untilDurable(findings.filter(({ kind }) => kind === 'place'));
  }

  return {
    take(findings) {
      const taken = takeAfter(before, findings);
      before = taken;
      // Told to who asked.
      before.catch(() => {});
      return taken;
    },
    stop: () => stopped.abort(),
  };
}

/** Under which name an instance keeps how far it has read: others may have read further, or another file. */
export function placeReader(instance: string, reader: string): string {
  return `${instance} ${reader}`;
}

/** The service stops and the database is away: what was found is told again after the next start, as far as it can be. */
export class CaptureStoppedError extends Error {
  constructor() {
    super('Stopped before everything that the PBX told could be stored');
    this.name = 'CaptureStoppedError';
  }
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => {
    clearTimeout(timer);
    until.removeEventListener('abort', end);
    resolve();
  };
  const timer = setTimeout(end, ms);
  until.addEventListener('abort', end);
  if (until.aborted) end();
  return promise;
}
