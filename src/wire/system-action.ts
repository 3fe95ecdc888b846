import { CHECK_VERDICTS, type SystemPbx, type SystemRow } from '../../client/src/contract.ts';
import type { CaptureGap } from '../core/capture-command.ts';
import type { EpochSeconds } from '../core/clock.ts';
import type { PbxStatus } from '../core/pbx.ts';
import type { ActionDefinition, ApiParts } from './action.ts';
import { type ActionArguments, parameterSchemas } from './arguments.ts';
import { successAnswer } from './envelope.ts';
import { exampleFacts, exampleGaps, exampleNow, examplePbx } from './example-system.ts';
import type { JsonSchema } from './json-schema.ts';
import { messages } from './messages.ts';
import {
  countSchema,
  listOf,
  nullableObjectOf,
  nullableTextSchema,
  nullableTimeSchema,
  objectOf,
  textSchema,
  timeSchema,
} from './object-schema.ts';
import { gapBriefOf, gapSchemas, phaseSchema } from './pbx-brief.ts';
import { readArguments } from './read-arguments.ts';
import { Refusal } from './refusal.ts';
import { type RowStyle, timeOf } from './row.ts';
import { answerOf, exampleStyle } from './rows-answer.ts';
import type { LatestChecks, SystemFacts } from './system-facts.ts';

type Nothing = Record<never, never>;

const spec: ActionArguments<Nothing> = { action: 'system', isChanging: false, data: {} };

const MOST_GAPS = 100;

const failure = nullableObjectOf('Null: there was none.', { at: timeSchema, reason: textSchema });

const pbxMembers: Record<keyof SystemPbx, JsonSchema> = {
  phase: phaseSchema,
  since: { ...timeSchema, description: 'When that phase began.' },
  address: { type: 'string', description: 'Host and port.' },
  name: { ...nullableTextSchema, description: 'Under which its calls are kept; null before the first connection.' },
  version: nullableTextSchema,
  system_name: nullableTextSchema,
  started_at: nullableTimeSchema,
  last_event_at: nullableTimeSchema,
  events: { ...countSchema, description: 'Read since this instance started.' },
  last_failure: { ...failure, description: 'Why the connection was last lost or not made.' },
  queued: { ...countSchema, description: 'Events that wait to be understood.' },
  dropped: { ...countSchema, description: 'Messages passed over because they were too long.' },
  legs: { ...countSchema, description: "Callers' legs that are watched." },
  lost: { ...countSchema, description: 'Legs given up because there were too many at a time.' },
  contexts: listOf(
    'Where calls began that nobody of the house ordered, the commonest first. A trunk whose context is not inbound is not watched: add it to the setting.',
    { context: textSchema, calls: countSchema, is_inbound: { type: 'boolean' } },
  ),
  queue_log: nullableObjectOf("The PBX's own record of its queues; null: the settings name none.", {
    place: textSchema,
    at_end: { type: 'boolean', description: 'Whether everything that stands in it has been read.' },
    last_at: { ...nullableTimeSchema, description: 'Time of the last line read.' },
    failure: { ...failure, description: 'Why it could not be read the last time; null: it could.' },
  }),
};

const members: Record<keyof SystemRow, JsonSchema> = {
  at: timeSchema,
  version: { ...textSchema, description: 'Version of callqueue.' },
  pbx: nullableObjectOf('The PBX; null: the installation has none.', pbxMembers),
  gaps: listOf(
    `When the PBX was not heard, of the last seven days, newest first, at most ${MOST_GAPS}. Each instance tells its own: what one did not hear, another may have.`,
    { pbx: textSchema, instance: textSchema, ...gapSchemas, reason: { type: 'string', description: 'A short code.' } },
  ),
  instances: listOf('Servers over this database.', {
    name: textSchema,
    version: textSchema,
    started_at: timeSchema,
    answers: { type: 'boolean', description: 'Whether it is the one that answers.' },
  }),
  backup: objectOf('The last copy that callqueue backup made of this database.', {
    last_at: { ...nullableTimeSchema, description: 'Null: never, or it is not known.' },
    age_seconds: { type: ['integer', 'null'] },
  }),
  database: objectOf('What cannot be told of a kind of database is null.', {
    kind: { enum: ['sqlite', 'postgres'] },
    bytes: { type: ['integer', 'null'] },
    free_bytes: { type: ['integer', 'null'], description: 'Free on its disk.' },
  }),
  checks: objectOf('What callqueue doctor finds, looked at anew when it is older than a minute.', {
    at: { ...nullableTimeSchema, description: 'Null: the first look is not over yet, ask again.' },
    findings: listOf('One thing each.', {
      subject: textSchema,
      verdict: { enum: CHECK_VERDICTS },
      text: { type: 'string', description: 'What was found, and what to do.' },
    }),
  }),
};

/** `action=system`: how the service is. */
export const systemAction: ActionDefinition = {
  name: 'system',
  scope: 'admin',
  isChanging: false,
  summary: 'Read how the service is',
  description:
    'The connection to the PBX, when it was not heard, instances, the age of the last backup, and what callqueue doctor finds. It tells of the whole installation, so that a token limited to projects may not ask.',
  parameters: parameterSchemas(spec),
  answer: answerOf(objectOf('The service.', members), () => [
    systemRow(
      {
        ...{ now: exampleNow, version: '1.0.0', pbx: examplePbx, gaps: exampleGaps },
        ...exampleFacts,
      },
      exampleStyle(),
    ),
  ]),
  examples: { 'The service': {} },
  async run(request, parts) {
    const { settle, style } = readArguments(request, parts, spec);
    settle();
    if (request.credential.projectIds !== null) throw new Refusal(403, [messages.actionNotAllowed('system')]);
    return successAnswer(null, [systemRow(await askAll(parts), style)]);
  },
};

/** Everything that the answer tells, as it is known inside. */
interface SystemState {
  now: EpochSeconds;
  version: string;
  pbx: PbxStatus | undefined;
  gaps: readonly CaptureGap[];
  instance: SystemFacts['instance'];
  lastBackupAt: EpochSeconds | undefined;
  database: SystemRow['database'];
  checks: LatestChecks;
}

async function askAll({ queue, system, version = 'unknown' }: ApiParts): Promise<SystemState> {
  if (system === undefined) throw new Error('Nothing is known of the service around the queue');
  const [gaps, lastBackupAt, checks, database] = await Promise.all([
    queue.recentGaps(MOST_GAPS),
    system.lastBackupAt(),
    system.checks(),
    system.database(),
  ]);
  const { now } = queue.moment();
  const { instance } = system;
  return { now, version, pbx: queue.pbxStatus(), gaps, instance, lastBackupAt, database, checks };
}

function systemRow(state: SystemState, style: RowStyle): SystemRow {
  const { now, version, pbx, gaps, instance, lastBackupAt, database, checks } = state;
  const time = (instant: number | undefined) => (instant === undefined ? null : timeOf(instant, style));
  return {
    at: timeOf(now, style),
    version,
    pbx: pbx === undefined ? null : pbxOf(pbx, style),
    gaps: gaps.map((gap) => ({
      pbx: gap.pbx,
      instance: gap.instance,
      ...gapBriefOf(gap, now, style),
      reason: gap.reason,
    })),
    instances: [{ name: instance.name, version, started_at: timeOf(instance.startedAt, style), answers: true }],
    backup: {
      last_at: time(lastBackupAt),
      age_seconds: lastBackupAt === undefined ? null : Math.max(0, now - lastBackupAt),
    },
    database,
    checks: { at: time(checks.at), findings: [...checks.findings] },
  };
}

function pbxOf(status: PbxStatus, style: RowStyle): SystemPbx {
  const time = (instant: number | undefined) => (instant === undefined ? null : timeOf(instant, style));
  const failed = (found: PbxStatus['lastFailure']) =>
    found === undefined ? null : { at: timeOf(found.at, style), reason: found.reason };
  const { phase, since, address, pbx, version, systemName, startedAt, lastEventAt, lastFailure, queueLog } = status;
  const { events, queued, dropped, legs, lost } = status;
  return {
    phase,
    since: timeOf(since, style),
    address,
    name: pbx ?? null,
    version: version ?? null,
    system_name: systemName ?? null,
    started_at: time(startedAt),
    last_event_at: time(lastEventAt),
    events,
    last_failure: failed(lastFailure),
    ...{ queued, dropped, legs, lost },
    contexts: status.contextsSeen.map(({ context, calls, isInbound }) => ({ context, calls, is_inbound: isInbound })),
    queue_log:
      queueLog === undefined
        ? null
        : {
            place: queueLog.place,
            at_end: queueLog.isAtEnd,
            last_at: time(queueLog.lastAt),
            failure: failed(queueLog.failure),
          },
  };
}
