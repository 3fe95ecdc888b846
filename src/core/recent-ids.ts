export interface RecentIds {
  add(id: string): void;
  has(id: string): boolean;
  clear(): void;
}

/**
 * Remembers at least the last `atLeast` ids, and at most twice as many. Two sets take turns, which costs less than
 * taking the oldest out one by one.
 */
export function createRecentIds(atLeast: number): RecentIds {
  let newer = new Set<string>();
  let older = new Set<string>();
  return {
    add(id) {
      if (newer.size >= atLeast) {
        older = newer;
        newer = new Set();
      }
      newer.add(id);
    },
    has: (id) => newer.has(id) || older.has(id),
    clear() {
      newer = new Set();
      older = new Set();
    },
  };
}
