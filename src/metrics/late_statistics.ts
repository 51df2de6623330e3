/** Mean and population standard deviation, to 4 digits, of the `n` late evaluations of a run. */
export interface LateStatistics {
  mean: number;
  std: number;
  n: number;
}

/**
 * How a run ended, without a choice of its best moment: statistics of a metric over the late half
 * of its evaluations, from index floor(length / 2) on. Null without a defined value there.
 */
export function lateStatistics(values: (number | null)[]): LateStatistics | null {
  const late = values.slice(Math.floor(values.length / 2)).filter((value) => value !== null);
  const n = late.length;
  if (n === 0) return null;
  const mean = late.reduce((sum, value) => sum + value, 0) / n;
  const variance = late.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  return { mean: Number(mean.toFixed(4)), std: Number(Math.sqrt(variance).toFixed(4)), n };
}
