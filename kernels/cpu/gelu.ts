// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// gelu: x phi(x) with the normal distribution function, and its gradient phi(x) + x density(x),
// each in one walk

import { exp4 } from "./activation.ts";

// erf by Abramowitz and Stegun 7.1.26, within 1.5e-7:
// 1 - (a1 t + .. + a5 t^5) e^(-y^2), t = 1 / (1 + p y), y >= 0.
// With y = |x| / sqrt(2) its power is also that of the density.

/**
 * Half of 1 - erf(|x| / sqrt(2)), the share of the distribution beyond |x|; power = e^(-x^2 / 2).
 */
function tail4(x: v128, power: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.mul(f32x4.abs(x), f32x4.splat(0.23164189)); // 0.3275911 / sqrt(2)
  const t = f32x4.div(one, f32x4.add(one, size));
  let p = f32x4.splat(1.061405429);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-1.453152027));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.421413741));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.284496736));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.254829592));
  return f32x4.mul(f32x4.mul(f32x4.mul(p, t), power), f32x4.splat(0.5));
}

function power4(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

/** phi(x): the tail below 0, one minus the tail above. NaN stays. */
function share4(x: v128, power: v128): v128 {
  const tail = tail4(x, power);
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
}

function gelu4(x: v128): v128 {
  return f32x4.mul(x, share4(x, power4(x)));
}

function slope4(x: v128): v128 {
  const power = power4(x);
  const density = f32x4.mul(power, f32x4.splat(0.3989422804)); // 1 / sqrt(2 pi)
  return f32x4.add(share4(x, power), f32x4.mul(x, density));
}

/** y [count] from x [count]. */
export function gelu(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(y, gelu4(v128.load(x)));
    x += 16;
    y += 16;
  }
  for (; i < count; i++) {
    store<f32>(y, f32x4.extract_lane(gelu4(f32x4.splat(load<f32>(x))), 0));
    x += 4;
    y += 4;
  }
}

/** dx [count] from dy and x [count]. */
export function geluGradient(dy: usize, x: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(dx, f32x4.mul(v128.load(dy), slope4(v128.load(x))));
    dy += 16;
    x += 16;
    dx += 16;
  }
  for (; i < count; i++) {
    const slope = f32x4.extract_lane(slope4(f32x4.splat(load<f32>(x))), 0);
    store<f32>(dx, load<f32>(dy) * slope);
    dy += 4;
    x += 4;
    dx += 4;
  }
}
