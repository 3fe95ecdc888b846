import type { RowChanges } from '../../lists/row-changes.ts';
import type { Connection } from '../connection.ts';

const MOST_BYTES = 32 * 1024 ** 2;
/** What a row takes beside its bytes. */
const ROW_BYTES = 200;
const COMMA = 0x2c;

const SELECT_ROWS = `SELECT bodies.id, CAST(bodies.json AS BLOB) FROM json_each(?) AS wanted
  CROSS JOIN bodies ON bodies.id = wanted.value`;

/**
 * Rows as they are sent, of pages that are asked for again and change: of such a page most rows stay, and SQLite looks each of them up in the
 * write-ahead log first. Show the same place of the change feed as the lists.
 */
export class KeptRows {
  /** In the order in which they came. */
  readonly #rows = new Map<number, Uint8Array>();
  #bytes = 0;

  /** The rows with these ids, with commas in between. Within the transaction in which the lists are fresh. */
  page(connection: Connection, ids: readonly number[]): Uint8Array {
    const missing = ids.filter((id) => !this.#rows.has(id));
    const found = new Map(
      missing.length === 0 ? [] : (connection.all(SELECT_ROWS, [JSON.stringify(missing)]) as [number, Uint8Array][]),
    );
    const page = joined(ids.map((id) => (found.get(id) ?? this.#rows.get(id)) as Uint8Array));
    for (const [id, row] of found) this.#keep(id, row);
    return page;
  }

  /** Forgets what has changed. @param changes undefined: it is not known what */
  follow(changes: RowChanges | undefined): void {
    if (changes === undefined) {
      this.#rows.clear();
      this.#bytes = 0;
      return;
    }
    for (const { id } of changes.rows) this.#drop(id);
    for (const id of changes.gone) this.#drop(id);
  }

  #keep(id: number, row: Uint8Array): void {
    this.#rows.set(id, row);
    this.#bytes += row.length + ROW_BYTES;
    for (const oldest of this.#rows.keys()) {
      if (this.#bytes <= MOST_BYTES) return;
      this.#drop(oldest);
    }
  }

  #drop(id: number): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#rows.delete(id);
    this.#bytes -= row.length + ROW_BYTES;
  }
}

function joined(rows: readonly Uint8Array[]): Uint8Array {
  const length = rows.reduce((sum, row) => sum + row.length + 1, -1);
  const page = Buffer.allocUnsafeSlow(Math.max(0, length));
  let place = 0;
  for (const row of rows) {
    if (place > 0) page[place++] = COMMA;
    page.set(row, place);
    place += row.length;
  }
  return page;
}
