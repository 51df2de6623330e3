/** GELU in plain double precision loops, which the kernels are compared with. */

/** By its series; |x| up to 5. */
function erf(x: number): number {
  let term = x, sum = x;
  for (let n = 1; n < 150; n++) {
    term *= -x * x / n;
    sum += term / (2 * n + 1);
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}

/** x times the normal distribution function. */
export function geluReference(x: number): number {
  return x * 0.5 * (1 + erf(x * Math.SQRT1_2));
}

export function geluSlopeReference(x: number): number {
  return 0.5 * (1 + erf(x * Math.SQRT1_2)) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}
