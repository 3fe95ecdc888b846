import { StoreUnusableError } from '../../core/errors.ts';
import { isSame, type TableComparison, type TableContent, type TableSum } from '../../core/table-content.ts';
import { CREATING_LOCK, DERIVED_LOCK, SCHEMA_LOCK } from './advisory-locks.ts';
import { bareTables } from './bare-tables.ts';
import { COUNT_ANEW } from './call-counts.ts';
import { columnsHere, copyText } from './copy-text.ts';
import type { Session } from './session.ts';
import { BACKUP_MARK, startSum, sumHere, whereMoved } from './table-sum.ts';

export interface TakeOver {
  tables: readonly TableContent[];
  /** Set in `meta`, for who opens the database later; undefined: it is no copy of what lives on elsewhere. */
  backupMark: string | undefined;
  /** Whether what is there may be removed. */
  isReplacing: boolean;
  /** Something begins that may take long. */
  tell(text: string): void;
  /** So many rows more were read. */
  onRows(rows: number): void;
}

/**
 * Fills the tables with those of another database, and reads all of it back before anybody else can see it. Within the
 * transaction of the caller, which has allowed long statements.
 * @throws StoreUnusableError when what is read back is not what was written, or the database is not empty and may not be
 * replaced
 */
export async function takeOver(session: Session, options: TakeOver): Promise<TableComparison[]> {
  const { tables, backupMark, isReplacing, tell, onRows } = options;
  const names = tables.map(({ table }) => table);
  await session.run(
    `SET LOCAL maintenance_work_mem = '256MB';
    SELECT pg_advisory_xact_lock(${SCHEMA_LOCK}), pg_advisory_xact_lock(${DERIVED_LOCK}),
      pg_advisory_xact_lock(${CREATING_LOCK})`,
  );
  const again = await bareTables(session, names);
  if (!isReplacing && !(await isEmpty(session, names))) {
    throw new StoreUnusableError('Somebody has stored something there meanwhile; run this again');
  }
  // Emptied by this transaction, they may be filled with rows that need no second look ever (FREEZE).
  await session.run(`TRUNCATE ${names.filter((name) => name !== 'meta').join(', ')}`);
  await session.run(`DELETE FROM meta ${whereMoved('meta')}`);
  const sums: TableSum[] = [];
  for (const content of tables) sums.push(await fill(session, content, onRows));
  await session.run(COUNT_ANEW);
  await restartTokens(session);
  await setMark(session, backupMark);
  tell('Making the indexes');
  for (const statement of again) await session.run(statement);
  await session.run(`ANALYZE ${names.join(', ')}`);
  tell('Reading everything back');
  const compared: TableComparison[] = [];
  for (const [place, content] of tables.entries()) {
    const source = sums[place] as TableSum;
    compared.push({ table: content.table, source, target: await sumHere(session, content) });
  }
  const different = compared.filter((one) => !isSame(one)).map(({ table }) => table);
  if (different.length > 0) {
    throw new StoreUnusableError(
      `What was written is not what is read back (${different.join(', ')}); nothing was kept`,
    );
  }
  return compared;
}

/** Whether nothing was ever stored, though a server may have been started. */
export async function isEmpty(session: Session, names: readonly string[]): Promise<boolean> {
  const filled = names
    .filter((name) => !['meta', 'counters'].includes(name))
    .map((name) => `EXISTS (SELECT 1 FROM ${name})`);
  const isFilled = await session.value(
    `SELECT ${filled.join(' OR ')} OR (SELECT last_id + last_sequence > 0 FROM counters)`,
  );
  return isFilled !== true;
}

async function fill(session: Session, content: TableContent, onRows: TakeOver['onRows']): Promise<TableSum> {
  const { table } = content;
  const summing = startSum();
  function* pieces(): Generator<Buffer> {
    for (const { rows, text } of copyText(content)) {
      summing.add(text, rows);
      onRows(rows);
      yield text;
    }
  }
  const options = table === 'meta' ? '' : 'WITH (FREEZE)';
  await session.copyIn(`COPY ${table} (${columnsHere(content).join(', ')}) FROM STDIN ${options}`, pieces());
  return summing.sum();
}

/** The next token gets a number that none has had. */
async function restartTokens(session: Session): Promise<void> {
  const last = Number(await session.value('SELECT coalesce(max(id), 0) FROM tokens'));
  await session.run(`ALTER TABLE tokens ALTER COLUMN id RESTART WITH ${last + 1}`);
}

/** @param mark as in TakeOver @returns whether it was another one */
export async function setMark(session: Session, mark: string | undefined): Promise<boolean> {
  const before = (await session.value('SELECT value FROM meta WHERE name = ?', [BACKUP_MARK])) ?? undefined;
  if (before === mark) return false;
  await session.all('DELETE FROM meta WHERE name = ?', [BACKUP_MARK]);
  if (mark !== undefined) await session.all('INSERT INTO meta (name, value) VALUES (?, ?)', [BACKUP_MARK, mark]);
  return true;
}
