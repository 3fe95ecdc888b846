import { StoreUnavailableError } from '../../core/errors.ts';
import type { Row, Session } from './session.ts';
import { isLoss } from './translate-error.ts';

/** How a transaction begins that waits for others no longer than this. */
export function begin(lockWaitMs?: number): string {
  return lockWaitMs === undefined ? 'BEGIN' : `BEGIN; SET LOCAL lock_timeout = ${Math.max(1, Math.round(lockWaitMs))}`;
}

/** @throws StoreUnavailableError with `isOutcomeUnknown` when nobody has said whether it was committed */
export async function commit(session: Session): Promise<void> {
  try {
    await session.run('COMMIT');
  } catch (error) {
    throw isLoss(error) ? unknownOutcome(error) : error;
  }
}

/**
 * The last statement of a transaction and its COMMIT as one message: what the statement locks is not held while something is on
 * its way over the network. PostgreSQL comes to the COMMIT only when the statement was carried out.
 * @param statement binds nothing
 * @returns the row that it answers
 * @throws as `commit`
 */
export async function commitAfter(session: Session, statement: string): Promise<Row> {
  try {
    return await session.ending(`${statement}; COMMIT`);
  } catch (error) {
    throw isLoss(error) ? unknownOutcome(error) : error;
  }
}

function unknownOutcome(cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError(
    'The connection to PostgreSQL was lost while something was being stored; it is not known whether it was',
    { cause, isOutcomeUnknown: true },
  );
}

/** Undoes what a transaction has done, if there is still a connection. */
export async function rollback(session: Session): Promise<void> {
  // A connection that cannot even do this is not to be used by anybody.
  if (!session.isLost) await session.run('ROLLBACK').catch(() => void session.close());
}

/** What `work` does in a transaction, which is undone when it throws. */
export async function undoneUnless<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  try {
    return await work(session);
  } catch (error) {
    await rollback(session);
    throw error;
  }
}
