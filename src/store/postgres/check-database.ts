import { StoreUnusableError } from '../../core/errors.ts';
import type { Database } from './database.ts';
import type { Session } from './session.ts';
import type { StoreLogger } from './store-logger.ts';

const OLDEST_POSTGRES = 15;

export interface CheckOptions {
  logger: StoreLogger | undefined;
  /** Take a PostgreSQL as it is that forgets what it has acknowledged when the power fails: for tests. */
  isUnsafeAllowed: boolean;
}

/** Whether this PostgreSQL can be used. @throws StoreUnusableError */
export async function checkDatabase(database: Database, { logger, isUnsafeAllowed }: CheckOptions): Promise<void> {
  const { address } = database;
  await requireOwnSessions(database);
  const { version, encoding, fsync, synchronousCommit, isStandby } = await serverFacts(database);
  if (version < OLDEST_POSTGRES) {
    throw new StoreUnusableError(
      `PostgreSQL ${version} is too old, ${OLDEST_POSTGRES} or newer is needed (${address})`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new StoreUnusableError(
      `The database is encoded as ${encoding}, UTF8 is needed: make another one with ` +
        `createdb --encoding=UTF8 --template=template0 NAME (${address})`,
    );
  }
  if (isStandby && !database.isReadOnly) {
    throw new StoreUnusableError(
      `This PostgreSQL is a standby; name the primary, or all hosts and target_session_attrs=read-write (${address})`,
    );
  }
  if (fsync !== 'on' && !isUnsafeAllowed) {
    throw new StoreUnusableError(
      `PostgreSQL runs with fsync=${fsync} and would forget calls when the power fails, or lose the database; set it to ` +
        `on. Only to try things out: CALLQUEUE_UNSAFE_DATABASE=1 (${address})`,
    );
  }
  if (!['on', 'remote_apply'].includes(synchronousCommit)) {
    logger?.warn?.(
      { synchronous_commit: synchronousCommit },
      'PostgreSQL acknowledges calls before they are durable; set synchronous_commit to on',
    );
  }
}

/**
 * A pooler that hands out connections by transaction gives two of ours the same one of PostgreSQL. What is prepared, set and
 * listened for would then be somebody else's.
 */
async function requireOwnSessions(database: Database): Promise<void> {
  const ownProcess = (session: Session) => session.value('SELECT pg_backend_pid()');
  await database.ask(async (one) => {
    const first = await ownProcess(one);
    // Beside those of the pool, which may be of one connection; where PostgreSQL has no other to give, nothing is found out.
    const other = await database.listen(noop, noop).catch(() => undefined);
    if (other === undefined) return;
    try {
      if ((await ownProcess(other)) !== first) return;
    } finally {
      await other.close();
    }
    throw new StoreUnusableError(
      'The pooler in front of PostgreSQL hands out its connections by transaction; have it do so by session ' +
        `(pool_mode = session), or connect to PostgreSQL itself (${database.address})`,
    );
  });
}

const noop = () => undefined;

/** What a PostgreSQL says of itself. */
export interface ServerFacts {
  /** 18 */
  version: number;
  encoding: string;
  fsync: string;
  synchronousCommit: string;
  isStandby: boolean;
}

export async function serverFacts(database: Database): Promise<ServerFacts> {
  const [version, encoding, fsync, synchronousCommit, isStandby] = (await database.get(
    `SELECT current_setting('server_version_num')::bigint / 10000, current_setting('server_encoding'),
      current_setting('fsync'), current_setting('synchronous_commit'), pg_is_in_recovery()`,
  )) as [number, string, string, string, boolean];
  return { version, encoding, fsync, synchronousCommit, isStandby };
}
