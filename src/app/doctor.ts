import { statfsSync } from 'node:fs';
import type { Settings } from '../config.ts';
import { createTimeZone } from '../core/time-zone.ts';
import { databaseFindings } from './doctor/database-findings.ts';
import { type Finding, fail, ok, warn } from './doctor/finding.ts';
import { existingFolder } from './doctor/folders.ts';
import { megabytes } from './doctor/megabytes.ts';
import { pbxFindings } from './doctor/pbx-findings.ts';
import { portFinding } from './doctor/port-finding.ts';
import { queueLogFindings } from './doctor/queue-log-findings.ts';
import { databasePath, isPostgres } from './open-store.ts';

/**
 * What an installation needs, looked at one by one without changing anything.
 * @param options isServing: a server asks, which knows who listens on its port and how its own login to the PBX goes. Some
 * machines lock out who fails to log in too often.
 */
export async function* examine(
  settings: Settings,
  { isServing = false }: { isServing?: boolean } = {},
): AsyncGenerator<Finding> {
  yield* databaseFindings(settings);
  // The disk of PostgreSQL cannot be seen from here.
  if (!isPostgres(settings)) yield diskSpace(settings);
  yield clock(settings);
  if (!isServing) yield await portFinding(settings);
  yield exposure(settings);
  yield* isServing ? queueLogFindings(settings.pbx.queueLog) : pbxFindings(settings);
}

const SCARCE_BYTES = 1024 ** 3;
const EXHAUSTED_BYTES = 64 * 1024 ** 2;

function diskSpace(settings: Settings): Finding {
  const folder = existingFolder(databasePath(settings));
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const text = `${megabytes(free)} free in ${folder}`;
  if (free < EXHAUSTED_BYTES) return fail('disk', `${text}; free some, or calls can no longer be saved`);
  return free < SCARCE_BYTES ? warn('disk', `${text}; free some before it runs out`) : ok('disk', text);
}

/** No clock that is right shows a time before this program was written. */
const EARLIEST_SECONDS = Date.UTC(2026, 10, 1) / 1000;

function clock(settings: Settings): Finding {
  const now = Math.floor(Date.now() / 1000);
  const text = `${createTimeZone(settings.timezone).formatRfc3339(now)} in ${settings.timezone}`;
  if (now < EARLIEST_SECONDS) return fail('clock', `${text}: the clock of the machine is wrong; set it, best by NTP`);
  return ok('clock', text);
}

function exposure({ host, metricsOpen }: Settings): Finding {
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.');
  if (isLocal) return ok('network', `reached from this machine only (${host})`);
  const metrics = metricsOpen ? ', and /metrics is open to everybody' : '';
  return warn(
    'network',
    `reached from other machines (${host}): put a proxy with TLS in front, or tokens travel readable${metrics}`,
  );
}
