/**
 * u = (word >>> 8) 2^-24 >= rate, asked of the integer word >>> 8: exact for every rate, and the
 * same on every device.
 */
export function dropoutThreshold(rate: number): number {
  return Math.ceil(rate * 2 ** 24);
}
