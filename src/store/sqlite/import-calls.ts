import type { Derivation, ImportSession, NewCall } from '../../core/call-store.ts';
import { DuplicateCallError, StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import { isEmpty, startBulkLoad } from './bulk-load.ts';
import type { Connection } from './connection.ts';
import { createDerivedGuard } from './derived.ts';
import { insertCall, nextId } from './insert-calls.ts';
import { isDuplicate } from './translate-error.ts';

export interface ImportOptions {
  /** Of the import alone; closed at its end. */
  connection: Connection;
  derivation: Derivation;
  /** How long to wait for another process that writes. */
  lockWaitMs: number;
}

/** @throws StoreUnavailableError when another process is writing for too long */
export async function beginImport({ connection, derivation, lockWaitMs }: ImportOptions): Promise<ImportSession> {
  try {
    await connection.beginWrite(lockWaitMs);
    // Only now, as another process may have made all rows anew while this one waited.
    createDerivedGuard(connection, derivation)();
  } catch (error) {
    connection.close();
    throw error;
  }
  const finishBulkLoad = isEmpty(connection) ? startBulkLoad(connection) : undefined;
  let next = nextId(connection);

  function addAll(calls: readonly NewCall[]): void {
    let id = next;
    for (const [index, call] of calls.entries()) {
      const given = call.id ?? id;
      if (!Number.isSafeInteger(given))
        throw new StoreUnusableError('No ids are left: the highest possible one is taken');
      try {
        insertCall(connection, derivation, { ...call, id: given });
      } catch (error) {
        throw isDuplicate(error) ? duplicateError(connection, call, index) : error;
      }
      id = Math.max(id, given + 1);
    }
    next = id;
  }

  return {
    async add(calls) {
      if (!connection.isOpen) throw new StoreUnavailableError('The import has ended');
      connection.run('SAVEPOINT batch');
      try {
        addAll(calls);
      } catch (error) {
        if (connection.isInTransaction) connection.exec('ROLLBACK TO batch; RELEASE batch');
        throw error;
      }
      connection.run('RELEASE batch');
    },
    async commit() {
      if (!connection.isOpen) throw new StoreUnavailableError('The import has ended');
      finishBulkLoad?.();
      connection.run('COMMIT');
      connection.close();
    },
    async rollback() {
      if (!connection.isOpen) return;
      connection.rollback();
      connection.close();
    },
  };
}

function duplicateError(connection: Connection, call: NewCall, index: number): DuplicateCallError {
  const isIdTaken = call.id !== undefined && connection.get('SELECT 1 FROM calls WHERE id = ?', [call.id]);
  return new DuplicateCallError(
    index,
    isIdTaken
      ? `There is a call with id ${call.id} already`
      : `There is an open call of project ${call.projectId} with external id ${call.externalId} and this number already`,
  );
}
