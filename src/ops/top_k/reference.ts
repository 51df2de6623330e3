/** Top k in plain double precision loops, which the kernels are compared with. */

/** values [B, T] -> indices [B, k] in plain loops. */
export function topKIndicesReference(
  values: ArrayLike<number>,
  [B, T]: [number, number],
  k: number,
): Int32Array {
  const chosen = new Int32Array(B * k);
  for (let b = 0; b < B; b++) {
    const order = Array.from({ length: T }, (_, t) => t)
      .sort((s, t) => values[b * T + t] - values[b * T + s] || s - t);
    chosen.set(order.slice(0, k), b * k);
  }
  return chosen;
}

/** features [B, N, T, C], index [B, k] -> [B, N, k, C]. */
export function gatherSnippetsReference(
  features: ArrayLike<number>,
  index: ArrayLike<number>,
  [B, N, T, C]: [number, number, number, number],
  k: number,
): Float64Array {
  const y = new Float64Array(B * N * k * C);
  for (let i = 0; i < y.length; i++) {
    const c = i % C, j = Math.floor(i / C) % k, crop = Math.floor(i / C / k);
    y[i] = features[(crop * T + index[Math.floor(crop / N) * k + j]) * C + c];
  }
  return y;
}

/** dy [B, N, k, C], index [B, k] -> [B, N, T, C]. */
export function scatterSnippetsReference(
  dy: ArrayLike<number>,
  index: ArrayLike<number>,
  [B, N, T, C]: [number, number, number, number],
  k: number,
): Float64Array {
  const dx = new Float64Array(B * N * T * C);
  for (let i = 0; i < B * N * k * C; i++) {
    const c = i % C, j = Math.floor(i / C) % k, crop = Math.floor(i / C / k);
    dx[(crop * T + index[Math.floor(crop / N) * k + j]) * C + c] += dy[i];
  }
  return dx;
}
