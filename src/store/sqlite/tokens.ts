import type { NewToken, StoredToken } from '../../core/token.ts';
import type { Connection, Row } from './connection.ts';

const COLUMNS = 'id, name, hash, sealed_key, scope, project_ids, agent, created_at, revoked_at';

/** Within the transaction of the caller. */
export function insertToken(connection: Connection, token: NewToken): StoredToken {
  const { name, hash, sealedKey, scope, projectIds, agent, createdAt } = token;
  const { lastInsertRowid } = connection.run(
    `INSERT INTO tokens (name, hash, sealed_key, scope, project_ids, agent, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [name, hash, sealedKey, scope, projectIds && JSON.stringify(projectIds), agent, createdAt],
  );
  return { ...token, id: lastInsertRowid, revokedAt: null };
}

/** Within the transaction of the caller. */
export function insertFirstToken(connection: Connection, make: () => NewToken): StoredToken | undefined {
  if (connection.get('SELECT 1 FROM tokens LIMIT 1') !== undefined) return undefined;
  return insertToken(connection, make());
}

export function findToken(connection: Connection, hash: Uint8Array): StoredToken | undefined {
  const row = connection.get(`SELECT ${COLUMNS} FROM tokens WHERE hash = ? AND revoked_at IS NULL`, [hash]);
  return row && toToken(row);
}

export function listTokens(connection: Connection): StoredToken[] {
  return connection.all(`SELECT ${COLUMNS} FROM tokens ORDER BY id`).map(toToken);
}

/** Within the transaction of the caller. */
export function revokeToken(connection: Connection, id: number, now: number): boolean {
  return connection.run('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', [now, id]).changes > 0;
}

function toToken(row: Row): StoredToken {
  const [id, name, hash, sealedKey, scope, projectIds, agent, createdAt, revokedAt] = row;
  return {
    id: id as number,
    name: name as string,
    hash: hash as Uint8Array,
    sealedKey: sealedKey as Uint8Array | null,
    scope: scope as StoredToken['scope'],
    projectIds: projectIds === null ? null : JSON.parse(projectIds as string),
    agent: agent as string | null,
    createdAt: createdAt as number,
    revokedAt: revokedAt as number | null,
  };
}
