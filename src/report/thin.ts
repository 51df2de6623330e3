/**
 * Which points of a long curve to keep so that it looks the same: points are put into `buckets` of
 * equal count, and of each its first and last are kept, and the lowest and highest of every series,
 * so no peak is lost. At most `buckets` x (2 + 2 x series) points remain; no more are kept whole.
 *
 * @param curves one or more series over the same points; extremes of each are kept
 * @returns indices, ascending; the first and the last point are always among them
 */
export function thin(curves: ArrayLike<number>[], buckets: number): Int32Array {
  const count = curves.reduce((most, curve) => Math.max(most, curve.length), 0);
  if (count <= buckets * (2 + 2 * curves.length)) {
    return Int32Array.from({ length: count }, (_, i) => i);
  }
  const kept = new Set<number>();
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor(bucket * count / buckets);
    const end = Math.floor((bucket + 1) * count / buckets);
    kept.add(start).add(end - 1);
    for (const curve of curves) {
      let low = start;
      let high = start;
      for (let i = start + 1; i < end; i++) {
        // Written so that a NaN, a gap of the curve, gives way to any number.
        if (!(curve[i] >= curve[low]) && !Number.isNaN(curve[i])) low = i;
        if (!(curve[i] <= curve[high]) && !Number.isNaN(curve[i])) high = i;
      }
      kept.add(low).add(high);
    }
  }
  return Int32Array.from(kept).sort();
}
