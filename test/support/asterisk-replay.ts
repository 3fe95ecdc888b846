import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../src/core/call-verdict.ts';
import type { LegEvent } from '../../src/core/leg-event.ts';
import { createMissedCalls, type MissedCalls, type MissedCallsOptions } from '../../src/core/missed-calls.ts';
import { createAmiFraming } from '../../src/pbx/asterisk/ami-framing.ts';
import type { AmiMessage } from '../../src/pbx/asterisk/ami-message.ts';
import { legEventOf } from '../../src/pbx/asterisk/asterisk-pbx.ts';

/** `odd` is where the callers with odd names and with variables begin in the recordings. */
export const RECORDED_SETTINGS = { inboundContexts: new Set(['from-trunk', 'odd']) };

/** A message of its time, in seconds since the epoch. */
export interface HeardMessage {
  at: number;
  message: AmiMessage;
}

/** When the recordings' clocks stood at zero, as it were. */
export const RECORDING_START = 1_795_465_000;

const FIXTURES = join(import.meta.dirname, '../fixtures/asterisk-ami');
const TRUNKS = join(import.meta.dirname, '../fixtures/asterisk-trunks');

/** All that the server sent in a recording; in those with a restart over two connections. */
export function recordedMessages(name: string): HeardMessage[] {
  return messagesIn(join(FIXTURES, `${name}.jsonl`));
}

/**
 * What an Asterisk 20 told of calls between it and another one over a trunk of `pjsip`, `sip` or `iax2`, through the event
 * filter of docs/asterisk.md, with `timestampevents` and `channelvars`.
 */
export function recordedTrunk(name: string): HeardMessage[] {
  return messagesIn(join(TRUNKS, `${name}.jsonl`));
}

function messagesIn(path: string): HeardMessage[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  let framing = createAmiFraming();
  return lines.flatMap((line) => {
    const entry: { t: number; dir: string; b64?: string; note?: string } = JSON.parse(line);
    if (entry.note === 'TCP connected') framing = createAmiFraming();
    if (entry.dir !== 'S') return [];
    const messages = framing.push(Buffer.from(entry.b64 ?? '', 'base64'));
    return messages.map((message) => ({ at: RECORDING_START + entry.t, message }));
  });
}

export interface ExpectedOutcome {
  session: string;
  legId: string;
  number: string;
  queues: string;
  abandonKind: string;
  outcome: string;
}

/** The table that came with the recordings. */
export const expectedOutcomes: readonly ExpectedOutcome[] = readFileSync(
  join(FIXTURES, 'expected-outcomes.tsv'),
  'utf8',
)
  .trim()
  .split('\n')
  .filter((line) => !line.startsWith('#') && !line.startsWith('session\t'))
  .map((line) => {
    const [session = '', legId = '', number = '', queues = '', abandonKind = '', outcome = ''] = line.split('\t');
    return { session, legId, number, queues, abandonKind, outcome };
  });

export function recordedLegEvents(name: string): LegEvent[] {
  return recordedMessages(name)
    .map(({ at, message }) => legEventOf(message, at, RECORDED_SETTINGS))
    .filter((event) => event !== undefined);
}

/** What a machine makes of events, each heard when it happened, and of a minute's silence after them. */
export function verdictsOf(events: readonly LegEvent[], options: Partial<MissedCallsOptions> = {}): Verdict[] {
  const machine = createMissedCalls({ pbx: 'pbx', ...options });
  return [...hear(machine, events), ...machine.tick(RECORDING_START + 10_000)];
}

/** Tells events one by one and gathers what is decided meanwhile. */
export function hear(machine: MissedCalls, events: readonly LegEvent[]): Verdict[] {
  return events.flatMap((event) => {
    machine.take(event, event.at);
    return machine.tick(event.at);
  });
}
