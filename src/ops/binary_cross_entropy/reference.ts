/** Binary cross entropy in plain double precision loops, which the kernels are compared with. */

/** PyTorch's BCELoss with its floor of the logarithms. */
export function binaryCrossEntropyReference(
  p: ArrayLike<number>,
  target: ArrayLike<number>,
): number {
  const log = (x: number) => Math.max(Math.log(x), -100);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    sum -= target[i] * log(p[i]) + (1 - target[i]) * log(1 - p[i]);
  }
  return sum / p.length;
}
