import type { Curve } from "./evaluation.ts";

/**
 * Drops points of a long curve for drawing. The first and the last point stay; every dropped point
 * lies within 1 / (limit - 2) of the curve's length from a kept one.
 */
export function thinCurve(curve: Curve, limit = 2000): Curve {
  const { x, y } = curve;
  if (x.length <= limit) return curve;
  const lengths = new Float64Array(x.length);
  for (let i = 1; i < x.length; i++) {
    lengths[i] = lengths[i - 1] + Math.hypot(x[i] - x[i - 1], y[i] - y[i - 1]);
  }
  const piece = lengths[x.length - 1] / (limit - 2);
  const thin: Curve = { x: [x[0]], y: [y[0]] };
  let kept = 0;
  for (let i = 1; i < x.length; i++) {
    const onto = Math.floor(lengths[i] / piece);
    if (onto === kept && i < x.length - 1) continue;
    kept = onto;
    thin.x.push(x[i]);
    thin.y.push(y[i]);
  }
  return thin;
}
