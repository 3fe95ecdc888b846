import type { Call } from '../src/core/call.ts';
import type { Derivation } from '../src/core/call-store.ts';
import type { EpochSeconds } from '../src/core/clock.ts';
import type { Connection } from '../src/store/sqlite/connection.ts';
import { DERIVED_COLUMNS, derivedValues, insertCall, nextId } from '../src/store/sqlite/insert-calls.ts';
import { CALL_COLUMNS, toCall } from '../src/store/sqlite/row-columns.ts';
import { makeCalls, randomOf } from './make-calls.ts';
import { NOW } from './settings.ts';

/** Changes single calls as a busy installation does. Each answers after its own durable transaction. */
export interface CallChanger {
  insert(now: EpochSeconds): Promise<void>;
  /** By turns: a pending call is claimed, a claimed one completed. */
  changeStatus(now: EpochSeconds): Promise<void>;
  reschedule(now: EpochSeconds): Promise<void>;
}

const DAY = 86_400;
const LOCK_WAIT_MS = 10_000;
/** Calls that may be claimed or moved; new ones join as long as there is room. */
const POOL = 20_000;

const SELECT_POOL = `SELECT id FROM calls WHERE status = 'pending' ORDER BY id DESC LIMIT ${POOL}`;
const SELECT_CALL = `SELECT ${CALL_COLUMNS.join(', ')} FROM calls WHERE id = ?`;
const UPDATE_STATUS = `UPDATE calls SET status = ?, claimed_by = ?, claimed_until = ?, last_result = ?,
  last_attempt_at = ?, updated_at = ? WHERE id = ?`;
const UPDATE_SCHEDULE = `UPDATE calls SET schedule = ?, updated_at = ?,
  ${DERIVED_COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`;
const UPDATE_BODY = 'UPDATE bodies SET json = ? WHERE id = ?';

/**
 * Works on the store's own connection and with its own way to insert, but with updates of its own: the store cannot
 * change calls yet. The stored row is rewritten with each change, as it will have to be.
 */
export function createCallChanger(connection: Connection, derivation: Derivation, seed: number): CallChanger {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const made = makeCalls({ count: 1_000_000_000, seed, now: NOW });
  const pending = connection.all(SELECT_POOL).map(([id]) => id as number);
  const claimed: number[] = [];
  let inserted = 0;

  const write = (work: () => void) => connection.write(work, LOCK_WAIT_MS);
  const read = (id: number): Call => toCall(connection.get(SELECT_CALL, [id]) ?? []);
  const takePending = (): number => {
    const at = below(pending.length);
    const id = pending[at]!;
    pending[at] = pending.at(-1)!;
    pending.pop();
    return id;
  };
  const rewrite = (call: Call) => {
    const derived = derivation.derive(call);
    connection.run(UPDATE_BODY, [derived.json, call.id]);
    return derived;
  };
  const setStatus = (id: number, change: (call: Call) => Call) =>
    write(() => {
      const call = change(read(id));
      connection.run(UPDATE_STATUS, [
        ...[call.status, call.claimedBy, call.claimedUntil, call.lastResult, call.lastAttemptAt, call.updatedAt],
        id,
      ]);
      rewrite(call);
    });

  return {
    async insert(now) {
      const { value } = made.next();
      if (value === undefined) throw new Error('The generator has ended');
      await write(() => {
        const id = nextId(connection);
        inserted += 1;
        const fresh = { status: 'pending', statusReason: null, claimedBy: null, claimedUntil: null } as const;
        const missed = value.source === 'missed_call' ? { firstMissedAt: now, lastMissedAt: now } : {};
        const schedule = value.schedule === null ? null : now + below(20 * DAY);
        const times = { createdAt: now, updatedAt: now, schedule, ...missed };
        const untried = { lastResult: null, lastAttemptAt: null, nextAttemptAt: null, retries: 0 };
        const externalId = `bench-${seed}-${inserted}`;
        const call = { ...value, ...fresh, ...times, ...untried, externalId, id };
        insertCall(connection, call, derivation.derive(call));
        if (pending.length < POOL) pending.push(id);
      });
    },
    async changeStatus(now) {
      if (claimed.length < 20 || below(2) === 0) {
        const id = takePending();
        const holder = { claimedBy: `agent${below(50)}`, claimedUntil: now + 600 };
        await setStatus(id, (call) => ({ ...call, status: 'inprogress', ...holder, updatedAt: now }));
        claimed.push(id);
        return;
      }
      const result = { lastResult: 'answered', lastAttemptAt: now } as const;
      const nobody = { claimedBy: null, claimedUntil: null };
      await setStatus(claimed.shift()!, (call) => {
        return { ...call, status: 'completed', ...nobody, ...result, updatedAt: now };
      });
    },
    async reschedule(now) {
      const id = pending[below(pending.length)]!;
      await write(() => {
        const call: Call = { ...read(id), schedule: now + below(20 * DAY), updatedAt: now };
        const derived = rewrite(call);
        connection.run(UPDATE_SCHEDULE, [call.schedule, call.updatedAt, ...derivedValues(call, derived), id]);
      });
    },
  };
}
