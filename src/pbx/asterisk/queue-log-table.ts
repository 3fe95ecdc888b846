import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { CallQueueError } from '../../core/errors.ts';
import { shown } from './ami-errors.ts';
import type { QueueLogRead, QueueLogReader } from './queue-log-reader.ts';
import { parseQueueLogTableAddress, type QueueLogTableAddress } from './queue-log-table-address.ts';
import { endById, type IdPosition, readById } from './queue-log-table-by-id.ts';
import { endByTime, readByTime, type TimePosition } from './queue-log-table-by-time.ts';
import { type QueueLogTableShape, readShape } from './queue-log-table-shape.ts';

export interface QueueLogTableOptions {
  /** Most rows to read at a time; default 2000. */
  maxRows?: number;
  /** How long the database may take to connect and for one statement; default 5 s. Three seconds later it is given up. */
  statementLimitMs?: number;
}

/** The table cannot be read right now. Says where and why, without the password. */
export class QueueLogTableError extends CallQueueError {
  readonly code = 'queue_log_table';

  constructor(place: string, reason: string, cause?: unknown) {
    super(`The table ${place} cannot be read: ${reason}`, { cause });
    this.name = 'QueueLogTableError';
  }
}

/** Beyond what the server itself ends. */
const SILENCE_MS = 3000;

/**
 * Reads the record of queues from the table of a PostgreSQL database into which Asterisk writes it. That is said in
 * extconfig.conf, `queue_log => odbc,asterisk,queue_log` or `queue_log => pgsql,asterisk,queue_log`, and in the section
 * `[general]` of logger.conf: `queue_adaptive_realtime = yes` (data1 to data5 rather than data), and best also
 * `queue_log_realtime_use_gmt = yes` with `zone=UTC` in the address, as local time is told twice in an hour of autumn.
 *
 * | column | type |
 * | --- | --- |
 * | id | a whole number that grows, with an index: `bigserial PRIMARY KEY`. May be missing: then the order is that of `time`, which needs the index, and rows of the hour that comes twice may be passed over |
 * | time | timestamp with or without time zone, text in that form, or seconds since 1970, with fractions or not |
 * | callid, queuename, event | text |
 * | data1 … data5, or data | text; in `data` all of them, between bars |
 *
 * To read, and nothing else, is all that the user needs: `GRANT SELECT ON queue_log TO callqueue`. Every reading is a
 * transaction of its own that cannot write, with a time limit, over one connection, which a pool in between may share.
 *
 * @throws {InvalidSettingsError} for an address that cannot be understood
 */
export function createQueueLogTableReader(address: string, options: QueueLogTableOptions = {}): QueueLogReader {
  return new QueueLogTable(parseQueueLogTableAddress(address), options);
}

class QueueLogTable implements QueueLogReader {
  readonly place: string;
  readonly #address: QueueLogTableAddress;
  readonly #maxRows: number;
  readonly #statementLimitMs: number;
  #sql: Sql | undefined;
  #shape: QueueLogTableShape | undefined;

  constructor(address: QueueLogTableAddress, { maxRows = 2000, statementLimitMs = 5000 }: QueueLogTableOptions) {
    const { host, port, database, schema, table } = address;
    this.place = `${schema === undefined ? '' : `${schema}.`}${table} at ${host}:${port}/${database}`;
    this.#address = address;
    this.#maxRows = maxRows;
    this.#statementLimitMs = statementLimitMs;
  }

  /** @throws {QueueLogTableError} when the table cannot be read right now */
  async read(from: unknown): Promise<QueueLogRead> {
    this.#sql ??= connect(this.#address, this.#statementLimitMs);
    const silence = Promise.withResolvers<never>();
    const timer = setTimeout(() => silence.reject(new Error('no answer')), this.#statementLimitMs + SILENCE_MS);
    try {
      const reading = this.#sql.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', (sql) =>
        this.#readWithin(sql, from),
      );
      return (await Promise.race([reading, silence.promise])) as QueueLogRead;
    } catch (error) {
      // Begins afresh the next time: with a connection, and with the columns as they are by then.
      await this.close();
      throw new QueueLogTableError(this.place, shown((error as Error).message), error);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const sql = this.#sql;
    this.#sql = undefined;
    this.#shape = undefined;
    await sql?.end({ timeout: 0 });
  }

  async #readWithin(sql: TransactionSql, from: unknown): Promise<QueueLogRead> {
    // Without statistics of a new table, PostgreSQL takes reading all of it for as good as its index.
    await sql`
      SELECT
        set_config('statement_timeout', ${String(this.#statementLimitMs)}, true),
        set_config('enable_seqscan', 'off', true),
        set_config('enable_bitmapscan', 'off', true),
        set_config('enable_sort', 'off', true)`;
    this.#shape ??= await readShape(sql, this.#address.schema, this.#address.table);
    const reading = { sql, shape: this.#shape, zone: this.#address.zone, maxRows: this.#maxRows };
    if (reading.shape.order === 'id') {
      return isIdPosition(from) ? readById(reading, from) : begin(from, await endById(reading));
    }
    return isTimePosition(from) ? readByTime(reading, from) : begin(from, await endByTime(reading));
  }
}

/** A place of another kind, such as in a file that was read before, is none here. */
function begin(from: unknown, position: IdPosition | TimePosition): QueueLogRead {
  return { lines: [], position, isAtEnd: true, isGap: from !== undefined };
}

function isIdPosition(from: unknown): from is IdPosition {
  return typeof from === 'object' && from !== null && 'id' in from && 'holes' in from && 'since' in from;
}

function isTimePosition(from: unknown): from is TimePosition {
  return typeof from === 'object' && from !== null && 'time' in from && 'seen' in from;
}

/** Of a host that is named by its number the driver would look for `localhost` in the certificate. */
function strictTls(host: string): ConnectionOptions {
  return { checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate) };
}

function connect(address: QueueLogTableAddress, limitMs: number): Sql {
  const { host, port, database, user, password, encryption } = address;
  return postgres({
    ...{ host, port, database, user, password },
    ssl: encryption === 'verify-full' ? strictTls(host) : encryption !== 'disable' && encryption,
    max: 1,
    connect_timeout: limitMs / 1000,
    // Neither outlives the transaction where a pool lies in between.
    prepare: false,
    fetch_types: false,
    connection: { application_name: 'callqueue' },
    onnotice: () => undefined,
  });
}
