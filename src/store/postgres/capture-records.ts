import type { CaptureGap, KeepPlaceCommand, RecordGapCommand, Unlisted } from '../../core/capture-command.ts';
import type { UnlistedMisses, UnlistedQuestion } from '../../core/capture-records.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { Database } from './database.ts';
import { arrayOf, type Statement } from './session.ts';

/** What is kept of watching a PBX besides calls. */

/** A gap that was filled stays so; one that has ended does not begin again. */
export function recordGap({ gap }: RecordGapCommand): Statement {
  const { pbx, instance, from, to, reason, isFilled } = gap;
  return {
    sql: `INSERT INTO capture_gaps AS known (pbx, instance, from_at, to_at, reason, is_filled)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (from_at, pbx, instance) DO UPDATE SET to_at = coalesce(excluded.to_at, known.to_at),
        reason = excluded.reason,
        is_filled = CASE WHEN known.is_filled THEN TRUE ELSE coalesce(excluded.is_filled, known.is_filled) END`,
    values: [pbx, instance, from, to, reason, isFilled],
  };
}

export async function readGaps(
  database: Database,
  { since, limit }: { since: EpochSeconds; limit: number },
): Promise<CaptureGap[]> {
  const rows = await database.all(
    `SELECT pbx, instance, from_at, to_at, reason, is_filled FROM capture_gaps
      WHERE to_at IS NULL OR to_at >= ? ORDER BY from_at DESC, pbx, instance LIMIT ?`,
    [since, limit],
  );
  return rows.map(([pbx, instance, from, to, reason, isFilled]) => ({
    pbx: pbx as string,
    instance: instance as string,
    from: from as number,
    to: to as number | null,
    reason: reason as string,
    isFilled: isFilled as boolean | null,
  }));
}

export function keepPlace({ pbx, reader, place }: KeepPlaceCommand, now: EpochSeconds): Statement {
  return {
    sql: `INSERT INTO read_places (pbx, reader, place, at) VALUES (?, ?, ?, ?)
      ON CONFLICT (pbx, reader) DO UPDATE SET place = excluded.place, at = excluded.at`,
    values: [pbx, reader, place, now],
  };
}

export async function readPlace(database: Database, pbx: string, reader: string): Promise<string | undefined> {
  const place = await database.value('SELECT place FROM read_places WHERE pbx = ? AND reader = ?', [pbx, reader]);
  return (place as string | null) ?? undefined;
}

export async function isOwnChannel(database: Database, channelId: string): Promise<boolean> {
  return (await database.get('SELECT 1 FROM own_channels WHERE channel_id = ?', [channelId])) !== undefined;
}

export async function readUnlisted(
  database: Database,
  { since, projectIds }: UnlistedQuestion,
): Promise<UnlistedMisses[]> {
  const isVisible = projectIds === null ? '' : 'AND project_id = ANY (?::bigint[])';
  const rows = await database.all(
    `SELECT project_id, why, sum(count)::bigint, max(last_at) FROM unlisted_misses WHERE hour >= ? ${isVisible}
      GROUP BY project_id, why ORDER BY project_id, why`,
    [since - (since % 3600), ...(projectIds === null ? [] : [arrayOf(projectIds)])],
  );
  return rows.map(([projectId, why, count, lastAt]) => ({
    projectId: projectId as number,
    why: why as Unlisted,
    count: count as number,
    lastAt: lastAt as number,
  }));
}
