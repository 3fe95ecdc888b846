import { pino } from 'pino';
import type { Verdict } from '../../src/core/call-verdict.ts';
import type { PbxFinding } from '../../src/core/pbx-finding.ts';
import { parseAmiAddress } from '../../src/pbx/asterisk/ami-address.ts';
import type { Gap } from '../../src/pbx/asterisk/heard-gaps.ts';
import { createQueueLogFileReader, type QueueLogReader } from '../../src/pbx/asterisk/queue-log-reader.ts';
import {
  type AsteriskWatch,
  type AsteriskWatchOptions,
  createAsteriskWatch,
  HEARD,
  QUEUE_LOG,
  type WatchKnown,
} from '../../src/pbx/asterisk/watch-asterisk.ts';
import type { AmiServer } from './ami-server.ts';

export interface Watched extends AsyncDisposable {
  watch: AsteriskWatch;
  /** All that was reported, in order. */
  findings: PbxFinding[];
  verdicts(): Verdict[];
  /** Every gap as it was told last. */
  gaps(): Gap[];
  /** What a database would have kept by now. */
  known(): WatchKnown;
  /** Waits until something is so, which is looked at whenever something is reported and every few ms. */
  until(isSo: () => boolean): Promise<void>;
  isUp(): Promise<void>;
}

/** A watch over a scripted manager port that has begun to connect. @param queueLog path of the file, or what reads it */
export function startWatch(
  server: AmiServer,
  {
    queueLog,
    ...options
  }: Partial<Omit<AsteriskWatchOptions, 'queueLog'>> & { queueLog?: string | QueueLogReader } = {},
): Watched {
  const findings: PbxFinding[] = [];
  const watch = createAsteriskWatch({
    address: parseAmiAddress(server.url),
    actionIdPrefix: 'test',
    inboundContexts: ['from-trunk', 'odd'],
    queueLog: typeof queueLog === 'string' ? createQueueLogFileReader(queueLog) : queueLog,
    known: { heard: undefined, queueLog: undefined },
    logger: pino({ level: 'silent' }),
    random: () => 0,
    ...options,
    async report(batch) {
      await options.report?.(batch);
      findings.push(...batch);
    },
  });
  watch.start();
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return {
    watch,
    findings,
    verdicts: () => findings.flatMap((finding) => (finding.kind === 'verdict' ? [finding.verdict] : [])),
    gaps() {
      const told = findings.flatMap((finding) => (finding.kind === 'gap' ? [finding.gap] : []));
      return [...new Map(told.map((gap) => [`${gap.pbx} ${gap.from}`, gap])).values()];
    },
    known: () => knownOf(findings),
    until,
    isUp: () => until(() => watch.phase() === 'up'),
    [Symbol.asyncDispose]: () => watch.stop(),
  };
}

function knownOf(findings: readonly PbxFinding[]): WatchKnown {
  const places = new Map(findings.flatMap((finding) => (finding.kind === 'place' ? [[finding.reader, finding]] : [])));
  const read = (reader: string) => {
    const place = places.get(reader)?.place;
    return place === undefined ? undefined : JSON.parse(place);
  };
  return { heard: read(HEARD), queueLog: read(QUEUE_LOG) };
}
