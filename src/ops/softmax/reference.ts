/** Softmax in plain double precision loops, which the kernels are compared with. */

/** x [M, S] -> [M, S] in plain double precision loops; one length for M / lengths.length rows. */
export function softmaxReference(
  x: ArrayLike<number>,
  [M, S]: [number, number],
  lengths: ArrayLike<number> = [S],
): Float64Array {
  const y = new Float64Array(M * S);
  for (let m = 0; m < M; m++) {
    const length = lengths[Math.floor(m / (M / lengths.length))];
    const row = Array.from({ length }, (_, s) => x[m * S + s]);
    const most = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - most));
    const sum = powers.reduce((sum, power) => sum + power, 0);
    powers.forEach((power, s) => y[m * S + s] = power / sum);
    if (length === 0) y.fill(NaN, m * S, (m + 1) * S);
  }
  return y;
}

/** dy, y [M, S] -> dx [M, S]. */
export function softmaxGradientReference(
  dy: ArrayLike<number>,
  y: ArrayLike<number>,
  [M, S]: [number, number],
): Float64Array {
  const dx = new Float64Array(M * S);
  for (let m = 0; m < M; m++) {
    let sum = 0;
    for (let i = m * S; i < (m + 1) * S; i++) sum += dy[i] * y[i];
    for (let i = m * S; i < (m + 1) * S; i++) dx[i] = y[i] * (dy[i] - sum);
  }
  return dx;
}
