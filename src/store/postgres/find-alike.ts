import { type Call, OPEN_STATUSES } from '../../core/call.ts';
import type { RowChoice } from '../../core/call-command.ts';
import type { Derivation } from '../../core/call-store.ts';
import { reversed } from '../../core/search-text.ts';
import { alikeKey, itemKey } from './draft.ts';
import { literals } from './literals.ts';
import type { LookUp } from './look-up.ts';
import { arrayOf } from './session.ts';

const IS_OPEN = `status IN (${literals(OPEN_STATUSES)})`;

export interface Key {
  projectId: number;
  externalId: string;
  numberReversed: string;
}

export function keysOf(calls: readonly Call[], derivation: Derivation): Key[] {
  const keys = new Map<string, Key>();
  for (const call of calls) {
    const { projectId, externalId } = call;
    if (externalId === null) continue;
    const numberReversed = reversed(derivation.callerNumber(call));
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

export interface ItemKey {
  projectId: number;
  numberReversed: string;
}

export function itemsOf(calls: readonly Call[], derivation: Derivation): ItemKey[] {
  const missed = calls.filter(({ source }) => source === 'missed_call');
  return missed.map((call) => ({
    projectId: call.projectId,
    numberReversed: reversed(derivation.callerNumber(call)),
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
export function ofExternalIds(
  { projectId, externalIds }: Extract<RowChoice, { externalIds: readonly string[] }>,
  take: LookUp['take'],
): LookUp {
  return {
    sql: `SELECT found.id FROM unnest(?::text[]) AS wanted (external_id)
      CROSS JOIN LATERAL (
        (SELECT id FROM calls WHERE calls.external_id = wanted.external_id AND project_id = ? AND ${IS_OPEN})
        UNION ALL
        (SELECT max(id) FROM calls WHERE calls.external_id = wanted.external_id AND project_id = ?)
      ) AS found WHERE found.id IS NOT NULL`,
    values: [arrayOf(externalIds), projectId, projectId],
    take,
  };
}
