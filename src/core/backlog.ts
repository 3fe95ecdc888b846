import { StoreUnavailableError } from './errors.ts';

/** What may wait to be stored: some seconds of work, and memory that is known. */
const MOST_JOBS = 10_000;
const MOST_ROWS = 100_000;

/** Keeps what waits within bounds: who comes when they are reached is told to try later. */
export class Backlog {
  #jobs = 0;
  #rows = 0;

  /** @throws StoreUnavailableError when too much is waiting */
  async hold<T>(rows: number, work: () => Promise<T>): Promise<T> {
    if (this.#jobs >= MOST_JOBS || (this.#rows > 0 && this.#rows + rows > MOST_ROWS)) {
      throw new StoreUnavailableError('Busy: too many changes are waiting to be stored');
    }
    this.#jobs += 1;
    this.#rows += rows;
    try {
      return await work();
    } finally {
      this.#jobs -= 1;
      this.#rows -= rows;
    }
  }
}
