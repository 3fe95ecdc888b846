import type { Settings } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { StoreUnavailableError, StoreUnusableError } from '../core/errors.ts';
import { isSame, type TableComparison } from '../core/table-content.ts';
import { type MoveTarget, openMoveTarget } from '../store/postgres/move-target.ts';
import { type ExportedDatabase, exportDatabase } from '../store/sqlite/export-database.ts';
import { databasePath, isPostgres } from './open-store.ts';

export interface MoveOptions {
  settings: Settings;
  /** `postgres://…` */
  to: string;
  /** Whether a server may go on writing what is not copied: then the target is marked as a copy, as a backup is. */
  isCopyOnly: boolean;
  /** Whether what the target holds may be removed. */
  isReplacing: boolean;
  /** Only look. */
  isDryRun: boolean;
  /** Something begins that may take long. */
  tell(text: string): void;
  /** So many rows were read of what was told last. */
  onProgress(rows: number): void;
  /** Aborted: the target stays as it was. */
  signal: AbortSignal;
}

export interface MoveOutcome {
  path: string;
  /** Of the target, without a password. */
  address: string;
  /**
   * `moved`: the target holds it now. `same`: it held exactly that before. `empty`: only looked, it could be moved.
   * `different`: the target holds something else, which stays.
   */
  what: 'moved' | 'same' | 'empty' | 'different';
  /** Only numbers of rows of the source where the target is empty. */
  tables: TableComparison[];
}

/**
 * Hands all that a SQLite file holds to a PostgreSQL database: ids, history, change feed, tokens, and what is kept of the PBX.
 * Rows kept ready are taken as they are; where they were made for other settings, the next start of the server makes them anew.
 *
 * @throws StoreUnavailableError when the file or the target is in use, or on the way
 * @throws StoreUnusableError with what to do
 */
export async function moveDatabase(options: MoveOptions): Promise<MoveOutcome> {
  const { settings, to, isCopyOnly, signal } = options;
  if (isPostgres(settings)) {
    throw new StoreUnusableError(
      'Only a SQLite database can be copied, and the settings name another one; name the file: ' +
        'CALLQUEUE_DATABASE=sqlite:/path/of/callqueue.db callqueue migrate --to …',
    );
  }
  const path = databasePath(settings);
  const source = exportDatabase({ path, isAlone: !isCopyOnly });
  try {
    const target = await openMoveTarget({ url: to, isUnsafeAllowed: settings.unsafeDatabase });
    const giveUp = () => void target.close();
    signal.addEventListener('abort', giveUp);
    try {
      return { path, address: target.address, ...(await move(source, target, options)) };
    } catch (error) {
      if (!signal.aborted || (error as Partial<StoreUnavailableError>).isOutcomeUnknown) throw error;
      throw new StoreUnavailableError(`Interrupted: ${target.address} holds what it held before`, { cause: error });
    } finally {
      signal.removeEventListener('abort', giveUp);
      await target.close();
    }
  } finally {
    source.close();
  }
}

async function move(
  source: ExportedDatabase,
  target: MoveTarget,
  { isCopyOnly, isReplacing, isDryRun, tell, onProgress }: MoveOptions,
): Promise<Pick<MoveOutcome, 'what' | 'tables'>> {
  const { tables } = source;
  const backupMark = isCopyOnly ? String(systemClock.now()) : source.backupMark;
  let rows = 0;
  const onRows = (more: number) => {
    rows += more;
    onProgress(rows);
  };
  tell(`Looking at what ${target.address} holds`);
  const compared = await target.compare(tables, onRows);
  if (compared?.every(isSame)) {
    // A copy made beside a running server was one; now that nothing is left behind, it is the installation itself.
    if (!isDryRun && !isCopyOnly) await target.mark(backupMark);
    return { what: 'same', tables: compared };
  }
  if (compared !== undefined && !isReplacing) return { what: 'different', tables: compared };
  if (isDryRun) return { what: 'empty', tables: compared ?? countedOnly(source) };
  rows = 0;
  tell('Copying');
  return { what: 'moved', tables: await target.fill({ tables, backupMark, isReplacing, tell, onRows }) };
}

function countedOnly({ tables }: ExportedDatabase): TableComparison[] {
  return tables.map((content) => ({
    table: content.table,
    source: { rows: content.count() },
    target: { rows: 0 },
  }));
}
