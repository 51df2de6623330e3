/** Round places for the ticks of an axis. */

const SECOND_STEPS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400],
];

/**
 * Ticks from 0 to `end` seconds, at round times, at most `most` intervals; and the digits they
 * need.
 */
export function timeTicks(end: number, most: number): { at: number[]; digits: 0 | 1 | 2 | 3 } {
  const step = SECOND_STEPS.find((step) => end / step <= most) ??
    86400 * Math.ceil(end / most / 86400);
  const at = Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => i * step);
  return { at, digits: step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3 };
}

/** Ticks at 1, 2 or 5 times a power of ten that cover `low` to `high`, about `about` intervals. */
export function valueTicks(low: number, high: number, about: number): number[] {
  if (!(high > low)) {
    const half = Math.abs(low) > 0 ? Math.abs(low) / 2 : 0.5;
    return valueTicks(low - half, high + half, about);
  }
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from(
    { length: last - first + 1 },
    (_, i) => Number(((first + i) * step).toPrecision(12)),
  );
}
