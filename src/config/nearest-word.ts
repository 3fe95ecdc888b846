/**
 * The word that was probably meant: the nearest of `words` when at most a third of it would have to change (one letter
 * inserted, removed, replaced, or two neighbours swapped counts as one change); undefined when none is near.
 */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  let best: { word: string; distance: number } | undefined;
  // Longer input is no typing mistake, and comparing it would only cost time.
  if (word.length > 100) return undefined;
  for (const candidate of words) {
    const distance = changesBetween(word, candidate);
    const tolerated = Math.max(1, Math.floor(Math.min(word.length, candidate.length) / 3));
    if (distance <= tolerated && (best === undefined || distance < best.distance)) best = { word: candidate, distance };
  }
  return best?.word;
}

/** Half a sentence for the end of a message: ` (did you mean X?)`, or nothing. */
export function didYouMean(word: string, words: Iterable<string>): string {
  const nearest = nearestWord(word, words);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

function changesBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? at(beforeLast, j - 2) + 1
          : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
