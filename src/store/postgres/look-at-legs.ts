import type { Derivation } from '../../core/call-store.ts';
import type { RecordMissedCommand } from '../../core/capture-command.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { missedItem } from '../../core/missed-item.ts';
import { type DoNotCallKey, selectEntries } from './do-not-call-draft.ts';
import type { Job, Known } from './execute-command.ts';
import type { LookUp } from './look-up.ts';
import { arrayOf } from './session.ts';

/** What is known of the legs, numbers and PBXs that commands tell of. */
export function watched(jobs: readonly Job[], derivation: Derivation, known: () => Known): LookUp[] {
  const misses = jobs.flatMap(({ command, context }) =>
    command.kind === 'record_missed' ? [{ command, now: context.moment.now }] : [],
  );
  const reached = jobs.flatMap(({ command }) => (command.kind === 'record_reached' ? [command.reached] : []));
  const legs = [...misses.map(({ command }) => command.miss), ...reached].map(({ pbx, legId }) => ({
    pbx,
    leg_id: legId,
  }));
  if (legs.length === 0) return [];
  const numbers = misses.flatMap(({ command, now }) =>
    command.miss.number === null
      ? []
      : [
          {
            project_id: command.target.projectId,
            number: numberOf(command, command.miss.number, now, derivation),
          },
        ],
  );
  const automatic = new Map(
    misses
      .filter(({ command }) => command.target.outboundType === 'auto')
      .map(({ command: { target }, now }) => [`${target.projectId} ${now}`, { project_id: target.projectId, now }]),
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
      values: [arrayOf(misses.map(({ command }) => command.miss.legId))],
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
export function barred(jobs: readonly Job[], derivation: Derivation, known: () => Known): LookUp[] {
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
        const number = numberOf(command, miss.number, context.moment.now, derivation);
        return [null, target.projectId].map((projectId) => ({ number, projectId }));
      }
      default:
        return [];
    }
  });
  if (keys.length === 0) return [];
  return [{ ...selectEntries(keys), take: (rows) => known().doNotCall.load(rows) }];
}

/** The number of a missed call as it is compared. */
function numberOf(
  { miss, target }: RecordMissedCommand,
  number: string,
  now: EpochSeconds,
  derivation: Derivation,
): string {
  return derivation.derive(missedItem(0, { ...miss, number }, target, now)).callerNumber;
}
