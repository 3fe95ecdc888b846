import type { Session } from './session.ts';

/**
 * Takes away what would be kept up row by row while tables are filled: indexes that are no primary key, and foreign keys.
 * They are read from the database, so that every one comes back as it was.
 * @returns what makes them again, one statement each
 */
export async function bareTables(session: Session, tables: readonly string[]): Promise<string[]> {
  const list = `ARRAY[${tables.map((table) => `'${table}'`).join(', ')}]::regclass[]`;
  const foreignKeys = (await session.all(
    `SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
      WHERE contype = 'f' AND conrelid = ANY (${list}) ORDER BY oid`,
  )) as [string, string, string][];
  // An index of a constraint goes and comes with it; none of ours has one but the primary keys.
  const indexes = (await session.all(
    `SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
      WHERE indrelid = ANY (${list})
        AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
      ORDER BY indexrelid`,
  )) as [string, string][];
  for (const [table, name] of foreignKeys) await session.run(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  for (const [name] of indexes) await session.run(`DROP INDEX ${name}`);
  return [
    ...indexes.map(([, definition]) => definition),
    ...foreignKeys.map(([table, name, definition]) => `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`),
  ];
}
