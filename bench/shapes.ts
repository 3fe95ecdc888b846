import type { PhpValue } from '../client/src/php-query.ts';
import type { Facts, SqlValue } from './facts.ts';
import { localTime, NOW } from './settings.ts';

/** One request, and what its answer must hold, written in SQL that knows nothing of the server's. */
export interface Variant {
  parameters: { page: number; filters: { readonly [name: string]: PhpValue }; sort?: string };
  where: string;
  values: readonly SqlValue[];
  /** What `sort` means in SQL; default: by id. */
  order?: string;
}

export interface Shape {
  name: string;
  title: string;
  /** A request of this shape by chance; undefined when chance found none. */
  draw(facts: Facts, random: Chance): Variant | undefined;
  /** The same for requests that come once only; null: there are too few different ones. Default: `draw`. */
  drawOnce?: null | Shape['draw'];
}

/** Chance that can be repeated. */
export interface Chance {
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

const DAY = 86_400;
const PAGE_SIZE = 100;
const STATUSES = ['pending', 'inprogress', 'completed', 'cancelled', 'deleted'];

/** The requests of integrators, from the sample of the documentation (a) to the look-up of one call (h). */
export const SHAPES: readonly Shape[] = [
  {
    name: 'a',
    title: 'two weeks of date_between, schedule_null, pending',
    draw({ createdFrom, createdTo }, { below }) {
      const from = inDaylight(createdFrom + below(Math.max(1, createdTo - createdFrom - 14 * DAY)));
      const to = from + 14 * DAY;
      return {
        parameters: {
          page: 1,
          filters: { date_between: [localTime(from), localTime(to)], schedule_null: true, status: ['pending'] },
        },
        where: `status = 'pending' AND schedule IS NULL AND created_at BETWEEN ? AND ?`,
        values: [from, to],
      };
    },
  },
  {
    name: 'b',
    title: 'no filter, page 1',
    draw: () => ({ parameters: { page: 1, filters: {} }, where: 'TRUE', values: [] }),
    drawOnce: null,
  },
  {
    name: 'c',
    title: 'no filter, middle pages',
    draw({ rows }, { below }) {
      const pages = Math.ceil(rows / PAGE_SIZE);
      const page = 1 + Math.floor(pages / 4) + below(Math.ceil(pages / 2));
      return { parameters: { page, filters: {} }, where: 'TRUE', values: [] };
    },
    drawOnce: null,
  },
  {
    name: 'd',
    title: 'pending, schedule_lt',
    draw(_facts, { below }) {
      const until = inDaylight(NOW - 20 * DAY + below(50 * DAY));
      return {
        parameters: { page: 1, filters: { status: 'pending', schedule_lt: localTime(until) } },
        where: `status = 'pending' AND schedule <= ?`,
        values: [until],
      };
    },
  },
  {
    name: 'e',
    title: 'caller_id',
    draw(facts, { below }) {
      const number = facts.valueAt('caller_id', below(facts.rows)) ?? '';
      return {
        parameters: { page: 1, filters: { caller_id: number } },
        where: `replace(caller_id, ' ', '') = ?`,
        values: [number.replaceAll(' ', '')],
      };
    },
  },
  {
    name: 'f',
    title: 'campaign, two statuses',
    draw({ campaigns }, { below, pick }) {
      const campaign = pick(campaigns);
      const first = below(STATUSES.length);
      const statuses = [first, (first + 1 + below(STATUSES.length - 1)) % STATUSES.length].map((at) => STATUSES[at]!);
      return {
        parameters: { page: 1, filters: { campaign, status: statuses } },
        where: '(campaign_name = ? OR campaign_info = ?) AND status IN (?, ?)',
        values: [campaign, campaign, ...statuses],
      };
    },
  },
  {
    name: 'g',
    title: 'project_id, outbound_type, attend_type, pages 1 to 8',
    // There are 48 such filters only, so pages make them many.
    draw: (facts, { below, pick }) => kindOfCall([pick(facts.projects).id], 1 + below(8), pick),
    drawOnce(facts, { below, pick }) {
      const ids = new Set(Array.from({ length: 2 + below(2) }, () => pick(facts.projects).id));
      return ids.size === 1 ? undefined : kindOfCall([...ids], 1, pick);
    },
  },
  {
    name: 'h',
    title: 'external_id',
    draw(facts, { below }) {
      const externalId = facts.valueAt('external_id', below(facts.rows));
      if (externalId === null) return undefined;
      return {
        parameters: { page: 1, filters: { external_id: externalId } },
        where: 'external_id = ?',
        values: [externalId],
      };
    },
  },
];

function kindOfCall(projectIds: readonly number[], page: number, pick: Chance['pick']): Variant {
  const outbound = pick(['auto', 'manual']);
  const attend = pick(['attended', 'unattended']);
  return {
    parameters: { page, filters: { project_id: projectIds, outbound_type: outbound, attend_type: attend } },
    where: `project_id IN (${projectIds.join(', ')}) AND outbound_type = ? AND attend_type = ?`,
    values: [outbound, attend],
  };
}

/** Moves an instant to between 6 and 18 UTC, where no clock of the zone changes: its local time means only one instant. */
function inDaylight(instant: number): number {
  const second = instant % DAY;
  return instant - second + DAY / 4 + Math.floor(second / 2);
}
