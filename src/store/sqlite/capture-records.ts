import type {
  CaptureGap,
  KeepPlaceCommand,
  RecordGapCommand,
  RecordOwnChannelsCommand,
  Unlisted,
} from '../../core/capture-command.ts';
import type { UnlistedMisses, UnlistedQuestion } from '../../core/capture-records.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { Connection } from './connection.ts';
import type { Writing } from './writing.ts';

/** What is kept of watching a PBX besides calls. */

/** A gap that was filled stays so; one that has ended does not begin again. */
export function recordGap({ connection }: Writing, { gap }: RecordGapCommand): void {
  const { pbx, instance, from, to, reason, isFilled } = gap;
  connection.run(
    `INSERT INTO capture_gaps (pbx, instance, from_at, to_at, reason, is_filled) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET to_at = coalesce(excluded.to_at, to_at), reason = excluded.reason,
        is_filled = CASE is_filled WHEN 1 THEN 1 ELSE coalesce(excluded.is_filled, is_filled) END`,
    [pbx, instance, from, to, reason, isFilled === null ? null : Number(isFilled)],
  );
}

export function readGaps(
  connection: Connection,
  { since, limit }: { since: EpochSeconds; limit: number },
): CaptureGap[] {
  const rows = connection.all(
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
    isFilled: isFilled === null ? null : isFilled === 1,
  }));
}

export function keepPlace({ connection, now }: Writing, { pbx, reader, place }: KeepPlaceCommand): void {
  connection.run('INSERT OR REPLACE INTO read_places (pbx, reader, place, at) VALUES (?, ?, ?, ?)', [
    pbx,
    reader,
    place,
    now,
  ]);
}

export function readPlace(connection: Connection, pbx: string, reader: string): string | undefined {
  const place = connection.value('SELECT place FROM read_places WHERE pbx = ? AND reader = ?', [pbx, reader]);
  return (place as string | null) ?? undefined;
}

export function recordOwnChannels({ connection, now }: Writing, { channelIds }: RecordOwnChannelsCommand): void {
  connection.run(
    'INSERT INTO own_channels (channel_id, heard_at) SELECT value, ? FROM json_each(?) WHERE TRUE ON CONFLICT DO NOTHING',
    [now, JSON.stringify(channelIds)],
  );
}

export function isOwnChannel(connection: Connection, channelId: string): boolean {
  return connection.get('SELECT 1 FROM own_channels WHERE channel_id = ?', [channelId]) !== undefined;
}

export function readUnlisted(connection: Connection, { since, projectIds }: UnlistedQuestion): UnlistedMisses[] {
  const isVisible = projectIds === null ? '' : 'AND project_id IN (SELECT value FROM json_each(?))';
  const rows = connection.all(
    `SELECT project_id, why, sum(count), max(last_at) FROM unlisted_misses WHERE hour >= ? ${isVisible}
      GROUP BY project_id, why ORDER BY project_id, why`,
    [since - (since % 3600), ...(projectIds === null ? [] : [JSON.stringify(projectIds)])],
  );
  return rows.map(([projectId, why, count, lastAt]) => ({
    projectId: projectId as number,
    why: why as Unlisted,
    count: count as number,
    lastAt: lastAt as number,
  }));
}
