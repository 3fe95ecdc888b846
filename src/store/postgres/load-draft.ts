import { type Call, OPEN_STATUSES } from '../../core/call.ts';
import type { Derivation } from '../../core/call-store.ts';
import { missedItem } from '../../core/missed-item.ts';
import { CREATING_LOCK, DERIVED_LOCK } from './advisory-locks.ts';
import { begin } from './database.ts';
import { type DerivedGuard, SELECT_DERIVED } from './derived-guard.ts';
import { type DoNotCallKey, selectEntries } from './do-not-call-draft.ts';
import { alikeKey, type Draft, itemKey } from './draft.ts';
import { createDrafts } from './drafts.ts';
import type { Job, Known } from './execute-command.ts';
import type { Lane } from './lanes.ts';
import { literals } from './literals.ts';
import { newCall } from './new-call.ts';
import { selectRepeats, storedRepeats } from './repeats.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import { reversed } from './search-text.ts';
import { arrayOf, type Row, type Session, type Statement } from './session.ts';

export interface LoadParts {
  derivation: Derivation;
  guard: DerivedGuard;
}

/** A question, and what is done with its answer. */
interface LookUp extends Statement {
  take(rows: readonly Row[]): void;
}

const IS_OPEN = `status IN (${literals(OPEN_STATUSES)})`;
const ROW = `${CALL_COLUMNS.map((column) => `calls.${column}`).join(', ')}, calls.caller_number_reversed`;
export const SELECT_ROW = `SELECT ${ROW} FROM calls`;
/** Leases that are over are given back by whatever transaction comes first, some at a time. */
const MOST_EXPIRED = 500;

/**
 * Begins a transaction for commands of one lane, and locks and reads all that they are about: what they name, what is like
 * the calls that they save, and calls whose lease is over. Rows are locked in the order of their ids, so that nobody
 * waits for somebody who waits for them.
 */
export async function loadDraft(
  session: Session,
  lane: Lane,
  jobs: readonly Job[],
  { derivation, guard }: LoadParts,
): Promise<Known> {
  const ids = new Set<number>();
  const loaded: { known?: Known } = {};
  const opening: LookUp[] = [
    ...(lane === 'creating' ? [look(`SELECT pg_advisory_xact_lock(${CREATING_LOCK})`)] : []),
    look(`SELECT pg_advisory_xact_lock_shared(${DERIVED_LOCK})`),
    look(SELECT_DERIVED, ([row]) => guard.check(row?.[0])),
    look('SELECT last_id FROM counters', ([row]) => {
      loaded.known = { ...createDrafts(Number(row?.[0] ?? 0)), derivation, repeats: new Map() };
    }),
  ];
  const takeIds = (rows: readonly Row[]) => {
    for (const [id] of rows) ids.add(id as number);
  };
  const known = () => loaded.known as Known;
  const lookUps = [
    ...opening,
    ...repeats(jobs, known),
    ...named(jobs, derivation, takeIds),
    ...watched(jobs, derivation, known),
    ...barred(jobs, derivation, known),
  ];
  const [, ...answers] = await session.together([{ sql: begin() }, ...lookUps]);
  for (const [place, { take }] of lookUps.entries()) take(answers[place] ?? []);
  for (const { command } of jobs) for (const id of idsOf(command)) ids.add(id);

  const now = Math.max(...jobs.map(({ context }) => context.moment.now));
  await lockRows(session, known().draft, ids, now);
  await loadTwins(session, known(), jobs);
  return known();
}

async function lockRows(session: Session, draft: Draft, ids: ReadonlySet<number>, now: number): Promise<void> {
  const statements: Statement[] = [
    {
      sql: `${SELECT_ROW} WHERE status = 'inprogress' AND claimed_until <= ? ORDER BY claimed_until
        LIMIT ${MOST_EXPIRED} FOR UPDATE SKIP LOCKED`,
      values: [now],
    },
  ];
  if (ids.size > 0) statements.unshift(selectLocked([...ids]));
  for (const rows of await session.together(statements)) loadRows(draft, rows);
}

/** What edits of numbers and external ids would make a call the same as. Only the edited calls tell. */
async function loadTwins(session: Session, { draft, derivation }: Known, jobs: readonly Job[]): Promise<void> {
  const twins = jobs.flatMap(({ command }) => {
    if (command.kind !== 'update') return [];
    return command.edits.flatMap(({ id, content }) => {
      const call = draft.find(id);
      const isKey = 'callerId' in content || 'externalId' in content;
      return call !== undefined && isKey ? [{ ...call, ...content }] : [];
    });
  });
  if (twins.length === 0) return;
  const ids = new Set<number>();
  const takeIds = (rows: readonly Row[]) => {
    for (const [id] of rows) ids.add(id as number);
  };
  const lookUps = [...alike(keysOf(twins, derivation), takeIds), ...items(itemsOf(twins, derivation), takeIds)];
  const answers = await session.together(lookUps);
  for (const [place, { take }] of lookUps.entries()) take(answers[place] ?? []);
  if (ids.size > 0) loadRows(draft, (await session.together([selectLocked([...ids])]))[0] ?? []);
}

export function selectLocked(ids: readonly number[]): Statement {
  return { sql: `${SELECT_ROW} WHERE id = ANY (?::bigint[]) ORDER BY id FOR UPDATE`, values: [arrayOf(ids)] };
}

export function loadRows(draft: Draft, rows: readonly Row[]): void {
  for (const row of rows) draft.load({ call: toCall(row), numberReversed: row.at(-1) as string });
}

function look(sql: string, take: LookUp['take'] = () => undefined): LookUp {
  return { sql, take };
}

function repeats(jobs: readonly Job[], known: () => Known): LookUp[] {
  const guards = jobs.map(({ context }) => context.repeat).filter((guard) => guard !== undefined);
  if (guards.length === 0) return [];
  return [
    {
      ...selectRepeats(guards),
      take(rows) {
        known().repeats = storedRepeats(rows);
      },
    },
  ];
}

/** Ids of the rows that commands mean without naming their ids. */
function named(jobs: readonly Job[], derivation: Derivation, take: LookUp['take']): LookUp[] {
  const saves = jobs.flatMap(({ command, context }) => {
    if (command.kind !== 'save') return [];
    const { projectId, calls } = command;
    // Of a number alone there is no like.
    const keyed = calls.filter(({ content }) => content.externalId !== null);
    return keyed.map(({ content }) => newCall(0, projectId, content, context.moment.now));
  });
  const misses = jobs.flatMap(({ command, context }) => {
    if (command.kind !== 'record_missed') return [];
    const { miss, target } = command;
    const { number } = miss;
    return number === null ? [] : [missedItem(0, { ...miss, number }, target, context.moment.now)];
  });
  const reached = jobs.flatMap(({ command }) =>
    command.kind !== 'record_reached'
      ? []
      : command.among.flatMap(({ projectId, numbers }) =>
          numbers.map((number) => ({ projectId, numberReversed: reversed(number) })),
        ),
  );
  return [
    ...externalIds(jobs, take),
    ...alike(keysOf(saves, derivation), take),
    ...items([...itemsOf(misses, derivation), ...reached], take),
  ];
}

interface Key {
  projectId: number;
  externalId: string;
  numberReversed: string;
}

export function keysOf(calls: readonly Call[], derivation: Derivation): Key[] {
  const keys = new Map<string, Key>();
  for (const call of calls) {
    const { projectId, externalId } = call;
    if (externalId === null) continue;
    const numberReversed = reversed(derivation.derive(call).callerNumber);
    keys.set(alikeKey(projectId, externalId, numberReversed), { projectId, externalId, numberReversed });
  }
  return [...keys.values()];
}

/** Ids of calls that are like these: the open one, and the one that was closed last. */
export function alike(keys: readonly Key[], take: LookUp['take']): LookUp[] {
  if (keys.length === 0) return [];
  const isAlike = `calls.external_id = wanted.external_id AND calls.caller_number_reversed = wanted.number
    AND calls.project_id = wanted.project_id`;
  return [
    {
      sql: `SELECT found.id FROM json_to_recordset(?) AS wanted (project_id bigint, external_id text, number text)
        CROSS JOIN LATERAL (
          (SELECT id FROM calls WHERE ${isAlike} AND ${IS_OPEN})
          UNION ALL
          (SELECT id FROM calls WHERE ${isAlike} AND NOT ${IS_OPEN} ORDER BY updated_at DESC, id DESC LIMIT 1)
        ) AS found`,
      values: [
        JSON.stringify(
          keys.map(({ projectId, externalId, numberReversed }) => ({
            ...{ project_id: projectId, external_id: externalId, number: numberReversed },
          })),
        ),
      ],
      take,
    },
  ];
}

interface ItemKey {
  projectId: number;
  numberReversed: string;
}

export function itemsOf(calls: readonly Call[], derivation: Derivation): ItemKey[] {
  const missed = calls.filter(({ source }) => source === 'missed_call');
  return missed.map((call) => ({
    projectId: call.projectId,
    numberReversed: reversed(derivation.derive(call).callerNumber),
  }));
}

/** Ids of the open missed calls of numbers. */
export function items(keys: readonly ItemKey[], take: LookUp['take']): LookUp[] {
  const distinct = new Map(keys.map((key) => [itemKey(key.projectId, key.numberReversed), key]));
  if (distinct.size === 0) return [];
  return [
    {
      sql: `SELECT id FROM json_to_recordset(?) AS wanted (project_id bigint, number text)
        JOIN calls ON calls.project_id = wanted.project_id AND calls.caller_number_reversed = wanted.number
          AND source = 'missed_call' AND ${IS_OPEN}`,
      values: [
        JSON.stringify(
          [...distinct.values()].map(({ projectId, numberReversed }) => ({
            ...{ project_id: projectId, number: numberReversed },
          })),
        ),
      ],
      take,
    },
  ];
}

/** Of each external id its open calls, and the one that was made last. */
function externalIds(jobs: readonly Job[], take: LookUp['take']): LookUp[] {
  return jobs.flatMap(({ command }) => {
    if (!('rows' in command) || !('externalIds' in command.rows)) return [];
    const { projectId, externalIds: list } = command.rows;
    return [
      {
        sql: `SELECT found.id FROM unnest(?::text[]) AS wanted (external_id)
          CROSS JOIN LATERAL (
            (SELECT id FROM calls WHERE calls.external_id = wanted.external_id AND project_id = ? AND ${IS_OPEN})
            UNION ALL
            (SELECT max(id) FROM calls WHERE calls.external_id = wanted.external_id AND project_id = ?)
          ) AS found WHERE found.id IS NOT NULL`,
        values: [arrayOf(list), projectId, projectId],
        take,
      },
    ];
  });
}

function idsOf(command: Job['command']): readonly number[] {
  if ('id' in command) return [command.id];
  switch (command.kind) {
    case 'update':
      return command.edits.map(({ id }) => id);
    case 'cancel':
    case 'delete':
      return 'ids' in command.rows ? command.rows.ids : [];
    case 'claim':
      return 'id' in command.choose ? [command.choose.id] : [];
    default:
      return [];
  }
}

/** What is known of the legs, numbers and PBXs that commands tell of. */
function watched(jobs: readonly Job[], derivation: Derivation, known: () => Known): LookUp[] {
  const misses = jobs.flatMap(({ command, context }) =>
    command.kind === 'record_missed' ? [{ ...command, now: context.moment.now }] : [],
  );
  const reached = jobs.flatMap(({ command }) => (command.kind === 'record_reached' ? [command.reached] : []));
  const legs = [...misses.map(({ miss }) => miss), ...reached].map(({ pbx, legId }) => ({ pbx, leg_id: legId }));
  if (legs.length === 0) return [];
  const numbers = misses.flatMap(({ miss, target, now }) =>
    miss.number === null
      ? []
      : [
          {
            project_id: target.projectId,
            number: derivation.derive(missedItem(0, { ...miss, number: miss.number }, target, now)).callerNumber,
          },
        ],
  );
  const automatic = new Map(
    misses
      .filter(({ target }) => target.outboundType === 'auto')
      .map(({ target, now }) => [`${target.projectId} ${now}`, { project_id: target.projectId, now }]),
  );
  return [
    {
      sql: `SELECT DISTINCT seen_legs.pbx, seen_legs.leg_id, verdict
        FROM json_to_recordset(?) AS told (pbx text, leg_id text) JOIN seen_legs USING (pbx, leg_id)`,
      values: [JSON.stringify(legs)],
      take(rows) {
        for (const [pbx, legId, verdict] of rows) {
          known().capture.loadLeg({
            pbx: pbx as string,
            legId: legId as string,
            verdict: verdict as 'missed' | 'reached',
          });
        }
      },
    },
    {
      sql: 'SELECT channel_id FROM own_channels WHERE channel_id = ANY (?::text[])',
      values: [arrayOf(misses.map(({ miss }) => miss.legId))],
      take(rows) {
        for (const [channelId] of rows) known().capture.loadOwnChannel(channelId as string);
      },
    },
    {
      sql: `SELECT pbx, (SELECT max(at) FROM seen_legs WHERE seen_legs.pbx = told.pbx)
        FROM unnest(?::text[]) AS told (pbx)`,
      values: [arrayOf([...new Set(legs.map(({ pbx }) => pbx))])],
      take(rows) {
        for (const [pbx, at] of rows) if (at !== null) known().capture.loadNewest(pbx as string, at as number);
      },
    },
    {
      sql: `SELECT DISTINCT project_id, number, at, how, heard_at
        FROM json_to_recordset(?) AS told (project_id bigint, number text) JOIN last_reached USING (project_id, number)`,
      values: [JSON.stringify(numbers)],
      take(rows) {
        for (const [projectId, number, at, how, heardAt] of rows) {
          known().capture.loadReached({
            ...{ projectId: projectId as number, number: number as string, at: at as number },
            ...{ how: how as 'inbound' | 'outbound', heardAt: heardAt as number },
          });
        }
      },
    },
    {
      sql: `SELECT project_id, now, (SELECT count(*) FROM calls WHERE created_at > now - 60
          AND calls.project_id = told.project_id AND source = 'missed_call' AND outbound_type = 'auto')
        FROM json_to_recordset(?) AS told (project_id bigint, now bigint)`,
      values: [JSON.stringify([...automatic.values()])],
      take(rows) {
        for (const [projectId, now, count] of rows) {
          known().capture.loadAutoMade(projectId as number, now as number, count as number);
        }
      },
    },
  ];
}

/** Entries of the do-not-call list that commands change, and those that misses would be kept out of the list by. */
function barred(jobs: readonly Job[], derivation: Derivation, known: () => Known): LookUp[] {
  const keys = jobs.flatMap(({ command, context }): DoNotCallKey[] => {
    switch (command.kind) {
      case 'add_do_not_call':
      case 'remove_do_not_call': {
        const { projectId, numbers } = command;
        const readings = numbers.flatMap((number) => derivation.numbersOf(number, projectId));
        return readings.map((number) => ({ number, projectId }));
      }
      case 'record_missed': {
        const { miss, target } = command;
        if (miss.number === null) return [];
        const item = missedItem(0, { ...miss, number: miss.number }, target, context.moment.now);
        const number = derivation.derive(item).callerNumber;
        return [null, item.projectId].map((projectId) => ({ number, projectId }));
      }
      default:
        return [];
    }
  });
  if (keys.length === 0) return [];
  return [{ ...selectEntries(keys), take: (rows) => known().doNotCall.load(rows) }];
}
