import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SystemDatabase } from '../../client/src/contract.ts';
import type { Settings } from '../config.ts';
import { BACKUP_PLACE } from '../core/backup-place.ts';
import type { Store } from '../core/call-store.ts';
import type { EpochSeconds } from '../core/clock.ts';
import type { SystemFacts } from '../wire/system-facts.ts';
import { databasePath, isPostgres } from './open-store.ts';
import type { SystemChecks } from './system-checks.ts';

export interface SystemFactsOptions {
  settings: Settings;
  store: Pick<Store, 'keptPlace' | 'bytes'>;
  checks: SystemChecks;
  startedAt: EpochSeconds;
}

/** What the action `system` tells of the service around the queue. */
export function createSystemFacts({ settings, store, checks, startedAt }: SystemFactsOptions): SystemFacts {
  return {
    instance: { name: settings.instance, startedAt },
    async lastBackupAt() {
      const kept = await store.keptPlace(BACKUP_PLACE.pbx, BACKUP_PLACE.reader);
      return kept === undefined ? undefined : Number(kept);
    },
    database: async () =>
      isPostgres(settings)
        ? { kind: 'postgres', bytes: (await store.bytes?.()) ?? null, free_bytes: null }
        : sqliteFacts(databasePath(settings)),
    checks: () => checks.latest(),
  };
}

/** Sizes of the file and of what its write-ahead log holds; null for what cannot be looked at. */
function sqliteFacts(path: string): SystemDatabase {
  try {
    const bytes = [path, `${path}-wal`].reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
    const { bavail, bsize } = statfsSync(dirname(path));
    return { kind: 'sqlite', bytes, free_bytes: bavail * bsize };
  } catch {
    return { kind: 'sqlite', bytes: null, free_bytes: null };
  }
}
