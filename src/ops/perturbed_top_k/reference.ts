/** Perturbed top k in plain double precision loops, which the kernels are compared with. */

/**
 * In plain loops; noisy scores are rounded to float32, as the order of close ones depends on it.
 */
export function perturbedTopKReference(
  scores: ArrayLike<number>,
  noise: ArrayLike<number>,
  [R, n, T]: [number, number, number],
  { k, sigma }: { k: number; sigma: number },
): { frequency: Float64Array; chosen: Uint8Array } {
  const frequency = new Float64Array(R * T), chosen = new Uint8Array(R * n * T);
  for (let copy = 0; copy < R * n; copy++) {
    const r = Math.floor(copy / n);
    const value = Array.from({ length: T }, (_, t) => {
      const added = Math.fround(Math.fround(sigma) * noise[copy * T + t]);
      return Math.fround(scores[r * T + t] + added);
    });
    const order = Array.from({ length: T }, (_, t) => t)
      .sort((s, t) => value[t] - value[s] || s - t);
    for (const t of order.slice(0, k)) {
      chosen[copy * T + t] = 1;
      frequency[r * T + t] += 1 / n;
    }
  }
  return { frequency, chosen };
}

/** The official gradient in plain double precision loops. */
export function perturbedTopKGradientReference(
  slope: ArrayLike<number>,
  noise: ArrayLike<number>,
  chosen: ArrayLike<number>,
  [R, n, T]: [number, number, number],
  sigma: number,
): Float64Array {
  const slopes = new Float64Array(R * T);
  for (let copy = 0; copy < R * n; copy++) {
    const r = Math.floor(copy / n);
    let u = 0;
    for (let t = 0; t < T; t++) u += noise[copy * T + t] * slope[r * T + t];
    for (let t = 0; t < T; t++) slopes[r * T + t] += chosen[copy * T + t] * u / (n * sigma);
  }
  return slopes;
}
