// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// quick_gelu: x sigmoid(1.702 x) and its gradient, each in one walk

import { sigmoid4 } from "./activation.ts";

function quickGelu4(x: v128): v128 {
  return f32x4.mul(x, sigmoid4(f32x4.mul(x, f32x4.splat(1.702))));
}

/** g (1 + 1.702 x (1 - g)) with g = sigmoid(1.702 x). */
function slope4(x: v128): v128 {
  const one = f32x4.splat(1);
  const scaled = f32x4.mul(x, f32x4.splat(1.702));
  const gate = sigmoid4(scaled);
  return f32x4.mul(gate, f32x4.add(one, f32x4.mul(scaled, f32x4.sub(one, gate))));
}

/** y [count] from x [count]. */
export function quickGelu(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(y, quickGelu4(v128.load(x)));
    x += 16;
    y += 16;
  }
  for (; i < count; i++) {
    store<f32>(y, f32x4.extract_lane(quickGelu4(f32x4.splat(load<f32>(x))), 0));
    x += 4;
    y += 4;
  }
}

/** dx [count] from dy and x [count]. */
export function quickGeluGradient(dy: usize, x: usize, dx: usize, count: i32): void {
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
