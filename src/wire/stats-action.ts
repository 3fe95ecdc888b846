import { DESTINATION_TYPES, GATES, RESULTS, STATUSES, type StatsRow, type Status } from '../../client/src/contract.ts';
import type { CallStats } from '../core/call-command.ts';
import type { ActionDefinition } from './action.ts';
import { type ActionArguments, filters, parameterSchemas } from './arguments.ts';
import { successAnswer } from './envelope.ts';
import { exampleCall } from './example-call.ts';
import type { JsonSchema } from './json-schema.ts';
import { listOf } from './object-schema.ts';
import { parseFilters } from './parse-filters.ts';
import { pbxBriefOf, pbxBriefSchema } from './pbx-brief.ts';
import { readArguments } from './read-arguments.ts';
import { type RowStyle, timeOf } from './row.ts';
import { answerOf, exampleStyle } from './rows-answer.ts';

const data = { filters: filters('Which calls to count; none given: all.') };

const spec: ActionArguments<typeof data> = { action: 'stats', isChanging: false, takesBeside: true, data };

const count: JsonSchema = { type: 'integer', minimum: 0 };
const members: Record<keyof StatsRow, JsonSchema> = {
  total: { ...count, description: 'How many calls match.' },
  by_status: {
    type: 'object',
    description: 'How many have each status.',
    properties: Object.fromEntries(STATUSES.map((status) => [status, count])),
    required: STATUSES,
  },
  due_now: { ...count, description: 'Pending, and schedule and retry pause have passed.' },
  overdue: { ...count, description: 'Due for more than an hour.' },
  oldest_waiting: {
    type: ['string', 'null'],
    description: 'Since when the call that waits longest has been due. As time_format says.',
  },
  by_project: listOf('Open and due calls of each project.', {
    project_id: { type: 'integer' },
    open: count,
    due: count,
  }),
  by_destination: listOf('Open and due calls of each destination.', {
    type: { anyOf: [{ enum: DESTINATION_TYPES }, { type: 'null' }] },
    destination: { type: ['string', 'null'] },
    open: count,
    due: count,
  }),
  by_result: listOf('How many have each last result.', { result: { enum: RESULTS }, count }),
  by_gate: listOf('How many wait for what, as waiting_for says.', { code: { enum: GATES }, count }),
  pbx: pbxBriefSchema,
};

const statsSchema: JsonSchema = {
  type: 'object',
  description: 'Counts over the calls that match.',
  properties: members,
  required: Object.keys(members),
};

/** `action=stats`: how much there is to do, and where. */
export const statsAction: ActionDefinition = {
  name: 'stats',
  scope: 'read',
  isChanging: false,
  summary: 'Count calls',
  description:
    'Counts over all calls that match: by status, project, destination, result and gate; what is due, and since when. Beside them whether the PBX is heard.',
  parameters: parameterSchemas(spec),
  answer: answerOf(statsSchema, () => [exampleStats()]),
  examples: {
    Everything: {},
    'One queue': { data: { filters: { destination: 'sales' } } },
  },
  async run(request, parts) {
    const reading = readArguments(request, parts, spec);
    const { filters: given } = reading.settle();
    // Without filters a token for some projects still sees only those.
    const filter = given?.filter ?? parseFilters(undefined, reading).filter;
    const [stats, pbx] = await Promise.all([parts.queue.stats(filter), pbxBriefOf(parts.queue, reading.style)]);
    return successAnswer(null, [statsRow(stats, pbx, reading.style)]);
  },
};

function statsRow(stats: CallStats, pbx: StatsRow['pbx'], style: RowStyle): StatsRow {
  return {
    total: stats.total,
    by_status: Object.fromEntries(STATUSES.map((status) => [status, stats.byStatus[status]])) as Record<Status, number>,
    due_now: stats.dueNow,
    overdue: stats.overdue,
    oldest_waiting: stats.oldestDueSince === null ? null : timeOf(stats.oldestDueSince, style),
    by_project: stats.byProject.map(({ projectId, open, due }) => ({ project_id: projectId, open, due })),
    by_destination: stats.byDestination.map(({ type, destination, open, due }) => ({ type, destination, open, due })),
    by_result: stats.byResult.map(({ result, count: found }) => ({ result, count: found })),
    by_gate: stats.byGate.map(({ gate, count: found }) => ({ code: gate, count: found })),
    pbx,
  };
}

/** Of an installation that holds the example call alone. */
function exampleStats(): StatsRow {
  const { projectId, type, destination, schedule } = exampleCall;
  const stats: CallStats = {
    total: 1,
    byStatus: { pending: 1, inprogress: 0, completed: 0, cancelled: 0, deleted: 0 },
    dueNow: 1,
    overdue: 1,
    oldestDueSince: schedule,
    byProject: [{ projectId, open: 1, due: 1 }],
    byDestination: [{ type, destination, open: 1, due: 1 }],
    byResult: [],
    byGate: [{ gate: 'agent', count: 1 }],
  };
  return statsRow(stats, null, exampleStyle());
}
