import type { NewToken, StoredToken } from '../../core/token.ts';
import type { Database } from './database.ts';
import type { Row, Session } from './session.ts';

const COLUMNS = 'id, name, hash, sealed_key, scope, project_ids, agent, created_at, revoked_at';

/** Within the transaction of the caller. */
export async function insertToken(session: Session, token: NewToken): Promise<StoredToken> {
  const { name, hash, sealedKey, scope, projectIds, agent, createdAt } = token;
  const id = await session.value(
    `INSERT INTO tokens (name, hash, sealed_key, scope, project_ids, agent, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    [name, hash, sealedKey, scope, projectIds && JSON.stringify(projectIds), agent, createdAt],
  );
  return { ...token, id: id as number, revokedAt: null };
}

/** Within the transaction of the caller, which until its end keeps everybody else from adding one. */
export async function insertFirstToken(session: Session, make: () => NewToken): Promise<StoredToken | undefined> {
  await session.run('LOCK TABLE tokens IN SHARE ROW EXCLUSIVE MODE');
  if ((await session.get('SELECT 1 FROM tokens LIMIT 1')) !== undefined) return undefined;
  return insertToken(session, make());
}

export async function findToken(database: Database, hash: Uint8Array): Promise<StoredToken | undefined> {
  const row = await database.get(`SELECT ${COLUMNS} FROM tokens WHERE hash = ? AND revoked_at IS NULL`, [hash]);
  return row && toToken(row);
}

export async function listTokens(database: Pick<Database, 'all'>): Promise<StoredToken[]> {
  return (await database.all(`SELECT ${COLUMNS} FROM tokens ORDER BY id`)).map(toToken);
}

/** Within the transaction of the caller. */
export async function revokeToken(session: Session, id: number, now: number): Promise<boolean> {
  const changed = await session.count('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', [
    now,
    id,
  ]);
  return changed > 0;
}

function toToken(row: Row): StoredToken {
  const [id, name, hash, sealedKey, scope, projectIds, agent, createdAt, revokedAt] = row;
  return {
    id: id as number,
    name: name as string,
    hash: new Uint8Array(hash as Uint8Array),
    sealedKey: sealedKey === null ? null : new Uint8Array(sealedKey as Uint8Array),
    scope: scope as StoredToken['scope'],
    projectIds: projectIds === null ? null : JSON.parse(projectIds as string),
    agent: agent as string | null,
    createdAt: createdAt as number,
    revokedAt: revokedAt as number | null,
  };
}
