/** "Did you mean": the nearest of some names by edit distance. */

/** Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(last[j] + 1, row[j - 1] + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, beforeLast[j - 2] + 1);
      }
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}

/** Names of settings are shorter; the distance of longer words takes their lengths' product. */
const LONGEST_WORD = 100;

/** The candidate nearest to the word, if one is near: within two fifths of the word's length. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length * 0.4)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/**
 * The dotted path nearest to the given one. The last key counts most: `lr` and `runner.lr` find
 * `runner.optimizer.lr`, since whoever types them knows the key and not where it lives. A key alone
 * is rather the training's (`seed`: not that of synthetic data), and part of a key will do
 * (`epochs`).
 */
export function nearestPath(path: string, paths: Iterable<string>): string | undefined {
  const lastKey = (p: string) => p.slice(p.lastIndexOf(".") + 1);
  const all = [...paths];
  const whole = nearest(path, all);
  if (whole !== undefined && editDistance(path, whole) <= 2) return whole;
  if (path.length > LONGEST_WORD) return undefined;
  const keys = all.map(lastKey);
  const key = nearest(lastKey(path), keys) ??
    keys.find((candidate) => candidate.split("_").includes(lastKey(path)));
  if (key === undefined) return whole;
  const homes = all.filter((p) => lastKey(p) === key);
  const ofTraining = (p: string) => !path.includes(".") && p.startsWith("trainer.");
  return homes.sort((a, b) =>
    Number(ofTraining(b)) - Number(ofTraining(a)) || editDistance(path, a) - editDistance(path, b)
  )[0];
}

/** `; did you mean "x"?`, or nothing where no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates);
  return found === undefined ? "" : `; did you mean "${found}"?`;
}
