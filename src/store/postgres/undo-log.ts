/** Changes of what is in memory that can be taken back, as savepoints do it in a database. */
export class UndoLog {
  readonly #steps: (() => void)[] = [];

  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    const [had, before] = [map.has(key), map.get(key)];
    map.set(key, value);
    this.#steps.push(() => {
      if (had) map.set(key, before as V);
      else map.delete(key);
    });
  }

  push<T>(list: T[], one: T): void {
    list.push(one);
    this.#steps.push(() => list.pop());
  }

  mark(): number {
    return this.#steps.length;
  }

  undoTo(mark: number): void {
    while (this.#steps.length > mark) this.#steps.pop()?.();
  }
}
