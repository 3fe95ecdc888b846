import type { SaveOutcome } from '../../../client/src/contract.ts';
import type { Call } from '../../core/call.ts';
import type { Derivation, ImportOptions, ImportSession, NewCall } from '../../core/call-store.ts';
import { DuplicateCallError, StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import { isEmpty, startBulkLoad } from './bulk-load.ts';
import { mendCounts, noteCounted } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { createDerivedGuard } from './derived.ts';
import { nextId } from './insert-calls.ts';
import { type SaveOptions, saveCall } from './save-calls.ts';
import { isDuplicate } from './translate-error.ts';
import { type Writing, writeCreation } from './writing.ts';

export interface ImportParts {
  /** Of the import alone; closed at its end. */
  connection: Connection;
  derivation: Derivation;
  /** How long to wait for another process that writes. */
  lockWaitMs: number;
  /** Called after the commit. */
  onCommit(): void;
}

/** @throws StoreUnavailableError when another process is writing for too long */
export async function beginImport(parts: ImportParts, options: ImportOptions): Promise<ImportSession> {
  const { connection, derivation, lockWaitMs, onCommit } = parts;
  const { actor = 'import', repeatWindowSeconds = 0 } = options;
  try {
    await connection.beginWrite(lockWaitMs);
    // Only now, as another process may have made all rows anew while this one waited.
    createDerivedGuard(connection, derivation)();
    mendCounts(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  const finishBulkLoad = isEmpty(connection) ? startBulkLoad(connection) : undefined;
  const asSave: SaveOptions = {
    again: false,
    // In an empty list nothing has been closed, and the index that would tell is not there.
    repeatWindowSeconds: finishBulkLoad === undefined ? repeatWindowSeconds : 0,
    event: 'imported',
  };
  let next = nextId(connection);

  function addAll(calls: readonly NewCall[]): SaveOutcome[] {
    let id = next;
    const outcomes = calls.map((call, index) => {
      const given = call.id ?? id;
      if (!Number.isSafeInteger(given))
        throw new StoreUnusableError('No ids are left: the highest possible one is taken');
      const writing: Writing = { connection, derivation, actor, now: call.updatedAt };
      const isAsGiven = call.id !== undefined || call.status !== 'pending';
      const fresh: Call = { ...call, id: given };
      const add = () => (isAsGiven ? addAsGiven(writing, fresh) : saveCall(writing, fresh, asSave).outcome);
      const outcome = unlessDuplicate(add, connection, fresh, index, call.id !== undefined);
      if (outcome === 'created') id = Math.max(id, given + 1);
      return outcome;
    });
    next = id;
    return outcomes;
  }

  return {
    async add(calls) {
      if (!connection.isOpen) throw new StoreUnavailableError('The import has ended');
      connection.run('SAVEPOINT batch');
      let outcomes: SaveOutcome[];
      try {
        outcomes = addAll(calls);
      } catch (error) {
        if (connection.isInTransaction) connection.exec('ROLLBACK TO batch; RELEASE batch');
        throw error;
      }
      connection.run('RELEASE batch');
      return outcomes;
    },
    async commit() {
      if (!connection.isOpen) throw new StoreUnavailableError('The import has ended');
      finishBulkLoad?.();
      noteCounted(connection);
      connection.run('COMMIT');
      connection.close();
      onCommit();
    },
    async rollback() {
      if (!connection.isOpen) return;
      connection.rollback();
      connection.close();
    },
  };
}

function addAsGiven(writing: Writing, call: Call): 'created' {
  writeCreation(writing, call, { event: 'imported' }, writing.derivation.derive(call));
  return 'created';
}

/** @throws DuplicateCallError when `add` finds that there is such a call */
function unlessDuplicate(
  add: () => SaveOutcome,
  connection: Connection,
  call: Call,
  index: number,
  isIdGiven: boolean,
): SaveOutcome {
  try {
    return add();
  } catch (error) {
    throw isDuplicate(error) ? duplicateError(connection, call, index, isIdGiven) : error;
  }
}

function duplicateError(connection: Connection, call: Call, index: number, isIdGiven: boolean): DuplicateCallError {
  const isIdTaken = isIdGiven && connection.get('SELECT 1 FROM calls WHERE id = ?', [call.id]) !== undefined;
  const alike =
    call.source === 'missed_call'
      ? `missed call of project ${call.projectId} with`
      : `call of project ${call.projectId} with external id ${call.externalId} and`;
  return new DuplicateCallError(
    index,
    isIdTaken ? `There is a call with id ${call.id} already` : `There is an open ${alike} this number already`,
  );
}
