import { type LiveAgent, type LiveRow, type LiveUnlisted, UNLISTED } from '../../client/src/contract.ts';
import type { CallQueue } from '../core/call-queue.ts';
import type { EpochSeconds } from '../core/clock.ts';
import type { TimeZone } from '../core/time-zone.ts';
import type { ActionDefinition } from './action.ts';
import { type ActionArguments, parameterSchemas } from './arguments.ts';
import { successAnswer } from './envelope.ts';
import { EXAMPLE_NOW } from './example-call.ts';
import type { JsonSchema } from './json-schema.ts';
import { liveCallers, MOST_CALLERS } from './live-callers.ts';
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
import { phaseSchema } from './pbx-brief.ts';
import { readArguments } from './read-arguments.ts';
import { type RowStyle, timeOf } from './row.ts';
import { answerOf, exampleStyle } from './rows-answer.ts';

type Nothing = Record<never, never>;
type ProjectIds = readonly number[] | null;

const spec: ActionArguments<Nothing> = { action: 'live', isChanging: false, data: {} };

const MOST_AGENTS = 200;
const HOUR_SECONDS = 3600;
const DAY_HOURS = 24;

const callId: JsonSchema = { type: 'integer' };

const callers = listOf(
  `Who waits in a queue, longest first, at most ${MOST_CALLERS}; as last known while the PBX is not up. Null: the token is limited to projects, and whose these callers are is not known.`,
  {
    number: { ...nullableTextSchema, description: 'Null: withheld.' },
    name: nullableTextSchema,
    queue: textSchema,
    since: timeSchema,
    waited_seconds: countSchema,
    call_id: { type: ['integer', 'null'], description: 'The oldest open call to that number.' },
  },
);

const members: Record<keyof LiveRow, JsonSchema> = {
  at: timeSchema,
  pbx: nullableObjectOf('The connection to the PBX; null: the installation has none.', {
    phase: phaseSchema,
    since: timeSchema,
  }),
  attempts: listOf('Calls that are being dialled. None yet: calls are made by people.', {
    call_id: callId,
    project_id: { type: 'integer' },
    destination: nullableTextSchema,
    since: timeSchema,
  }),
  callers: { ...callers, type: ['array', 'null'] },
  caller_count: { type: ['integer', 'null'], description: 'How many wait in all; null as callers.' },
  agents: listOf(`Who holds a call, last changed first, at most ${MOST_AGENTS}.`, {
    agent: textSchema,
    call_id: callId,
    project_id: { type: 'integer' },
    since: { ...nullableTimeSchema, description: 'When the agent took it; null: not known any more.' },
    until: { ...nullableTimeSchema, description: 'When the lease runs out; null: it does not.' },
  }),
  unlisted: listOf(
    'Missed calls without a row, by project: nobody can be called back, or who called asked not to be.',
    {
      project_id: { type: 'integer' },
      why: { enum: UNLISTED },
      today: { ...countSchema, description: 'Since midnight; where that is within an hour of UTC, all of that hour.' },
      last_24_hours: { ...countSchema, description: 'Of this hour and the 24 before it.' },
      last_at: timeSchema,
    },
  ),
};

/** `action=live`: what goes on at this moment. */
export const liveAction: ActionDefinition = {
  name: 'live',
  scope: 'read',
  isChanging: false,
  summary: 'Read what goes on at this moment',
  description:
    'Callers in queues, agents who hold a call, and how many missed calls do not stand in the list, as nobody can be called back or who called asked not to be. A token limited to projects sees what belongs to these; callers in queues it does not see, as whose they are is not known.',
  parameters: parameterSchemas(spec),
  answer: answerOf(objectOf('This moment.', members), () => [exampleLive()]),
  examples: { 'This moment': {} },
  async run(request, parts) {
    const { settle, style } = readArguments(request, parts, spec);
    settle();
    const { queue } = parts;
    const { projectIds } = request.credential;
    const status = queue.pbxStatus();
    const waiting = projectIds === null ? (status?.waitingCallers ?? []) : null;
    const [shown, agents, unlisted] = await Promise.all([
      waiting && liveCallers(waiting, parts, style),
      liveAgents(queue, projectIds, style),
      liveUnlisted(queue, projectIds, style),
    ]);
    const live: LiveRow = {
      at: timeOf(queue.moment().now, style),
      pbx: status === undefined ? null : { phase: status.phase, since: timeOf(status.since, style) },
      attempts: [],
      callers: shown,
      caller_count: waiting?.length ?? null,
      agents,
      unlisted,
    };
    return successAnswer(null, [live]);
  },
};

async function liveAgents(queue: CallQueue, projectIds: ProjectIds, style: RowStyle): Promise<LiveAgent[]> {
  // A token for no project at all sees nothing: no project has the id 0.
  const only = projectIds === null ? {} : { projectIds: projectIds.length > 0 ? projectIds : [0] };
  const filter = { statuses: ['inprogress'], ...only } as const;
  const { calls } = await queue.readCalls({ filter, sort: '-updated_at', limit: MOST_AGENTS, at: { page: 1 } });
  const held = calls.filter(({ claimedBy }) => claimedBy !== null);
  return Promise.all(
    held.map(async ({ id, projectId, claimedBy, claimedUntil }) => {
      const history = (await queue.history(id, projectIds)) ?? [];
      const taken = history.findLast(({ from, to }) => to === 'inprogress' && from !== 'inprogress');
      return {
        agent: claimedBy ?? '',
        call_id: id,
        project_id: projectId,
        since: taken === undefined ? null : timeOf(taken.at, style),
        until: claimedUntil === null ? null : timeOf(claimedUntil, style),
      };
    }),
  );
}

async function liveUnlisted(queue: CallQueue, projectIds: ProjectIds, style: RowStyle): Promise<LiveUnlisted[]> {
  const { now } = queue.moment();
  const [today, lastDay] = await Promise.all([
    queue.unlistedMisses({ since: midnight(now, style.timeZone), projectIds }),
    queue.unlistedMisses({ since: now - DAY_HOURS * HOUR_SECONDS, projectIds }),
  ]);
  const nameOf = ({ projectId, why }: (typeof today)[number]) => `${projectId} ${why}`;
  const counts = new Map(today.map((found) => [nameOf(found), found.count]));
  // Counts are kept by the hour, so that these 24 hours begin up to an hour early: a day of 25 hours is within them too.
  return lastDay.map((found) => ({
    project_id: found.projectId,
    why: found.why,
    today: counts.get(nameOf(found)) ?? 0,
    last_24_hours: found.count,
    last_at: timeOf(found.lastAt, style),
  }));
}

/** When this day began. */
function midnight(now: EpochSeconds, zone: TimeZone): EpochSeconds {
  const day = zone.formatLocal(now).split(' ', 1)[0];
  return zone.parseLocal(`${day} 00:00:00`, 'first') ?? now;
}

function exampleLive(): LiveRow {
  const style = exampleStyle();
  const time = (seconds: number) => timeOf(EXAMPLE_NOW + seconds, style);
  return {
    at: time(0),
    pbx: { phase: 'up', since: time(-86_400) },
    attempts: [],
    callers: [
      {
        number: '+441632960123',
        name: 'Ann Example',
        queue: 'sales',
        since: time(-42),
        waited_seconds: 42,
        call_id: 1,
      },
    ],
    caller_count: 1,
    agents: [{ agent: 'ana', call_id: 2, project_id: 1, since: time(-120), until: time(480) }],
    unlisted: [{ project_id: 1, why: 'withheld', today: 3, last_24_hours: 5, last_at: time(-900) }],
  };
}
