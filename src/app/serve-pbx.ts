import { readFileSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import type { PbxStatus } from '../core/pbx.ts';
import type { PbxFinding } from '../core/pbx-finding.ts';
import { createLogger } from '../logger.ts';
import { parseAmiAddress } from '../pbx/asterisk/ami-address.ts';
import { createQueueLogFileReader, type QueueLogReader } from '../pbx/asterisk/queue-log-reader.ts';
import { createQueueLogTableReader } from '../pbx/asterisk/queue-log-table.ts';
import { createAsteriskWatch, type WatchKnown } from '../pbx/asterisk/watch-asterisk.ts';

/** What the thread needs to know. */
export interface PbxThreadData {
  /** With user and secret. */
  url: string;
  inboundContexts: readonly string[];
  queueLog: string | undefined;
  /** File with the certificate of the PBX, or of who signed it. */
  certificateAuthority: string | undefined;
  actionIdPrefix: string;
  logLevel: string;
  known: WatchKnown;
}

export type PbxThreadMessage =
  /** To be answered by `stored` with the same number. */
  | { kind: 'findings'; number: number; findings: PbxFinding[] }
  | { kind: 'status'; status: PbxStatus }
  /** A line of the log, as JSON. */
  | { kind: 'log'; line: string };

export type PbxThreadOrder = { kind: 'stored'; number: number } | { kind: 'stop' };

/** Findings that are on their way to the database; more are not understood meanwhile. */
const MOST_UNSTORED = 2_000;
const LOOK_MS = 50;
const STATUS_MS = 1_000;

/** The program of the thread: watches, and tells the main thread what it finds and how it is. Ends when told to stop. */
export function servePbx(port: MessagePort, data: PbxThreadData): void {
  const post = (message: PbxThreadMessage) => port.postMessage(message);
  const logger = createLogger({
    level: data.logLevel,
    destination: { write: (line) => post({ kind: 'log', line }) },
  });
  const unstored = new Map<number, number>();
  let lastNumber = 0;
  let room = Promise.withResolvers<void>();

  const count = () => [...unstored.values()].reduce((sum, findings) => sum + findings, 0);

  async function untilBelow(most: number): Promise<void> {
    while (count() > most) await room.promise;
  }

  async function report(findings: PbxFinding[]): Promise<void> {
    lastNumber += 1;
    unstored.set(lastNumber, findings.length);
    post({ kind: 'findings', number: lastNumber, findings });
    await untilBelow(MOST_UNSTORED);
  }

  const { certificateAuthority } = data;
  const watch = createAsteriskWatch({
    address: parseAmiAddress(data.url),
    actionIdPrefix: data.actionIdPrefix,
    ...(certificateAuthority !== undefined && { tls: { ca: readFileSync(certificateAuthority) } }),
    inboundContexts: data.inboundContexts,
    queueLog: data.queueLog === undefined ? undefined : readerOf(data.queueLog),
    known: data.known,
    report,
    logger,
  });

  let told: { phase: PbxStatus['phase']; at: number } | undefined;
  function tellStatus(): void {
    const [phase, now] = [watch.phase(), performance.now()];
    if (told !== undefined && told.phase === phase && now - told.at < STATUS_MS) return;
    told = { phase, at: now };
    post({ kind: 'status', status: watch.status() });
  }

  const looking = setInterval(tellStatus, LOOK_MS);
  port.on('message', (order: PbxThreadOrder) => {
    if (order.kind === 'stop') void stop();
    else {
      unstored.delete(order.number);
      room.resolve();
      room = Promise.withResolvers();
    }
  });
  watch.start();
  tellStatus();

  async function stop(): Promise<void> {
    await watch.stop();
    clearInterval(looking);
    tellStatus();
    await untilBelow(0);
    port.close();
  }
}

/** Of a file, or of a table by its address. */
function readerOf(place: string): QueueLogReader {
  return /^postgres(ql)?:/i.test(place) ? createQueueLogTableReader(place) : createQueueLogFileReader(place);
}
