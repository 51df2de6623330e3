// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// activation: what stands behind a product, in one walk over its output
//   activations: 0 none, 1 relu, 2 sigmoid (src/ops/activation/cpu.ts)

/** e^x to 1 or 2 units in the last place (Cephes expf); NaN stays, large values saturate. */

export function exp4(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87.33654)), f32x4.splat(88.37626)); // keeps NaN
  const n = f32x4.floor(f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(0.5)));
  // ln 2 in two parts, so that x - n ln 2 is exact
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1));
  const exponent = i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127));
  return f32x4.mul(p, i32x4.shl(exponent, 23));
}

export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

// Each activation has loops of its own: one loop with a choice inside ran three times slower.

/** y [rows, columns] = activation(y + bias) in place; bias [columns]. */
export function biasActivation(
  y: usize,
  bias: usize,
  rows: i32,
  columns: i32,
  activation: i32,
): void {
  for (let row = 0; row < rows; row++) {
    if (activation == 1) biasRelu(y, bias, columns);
    else if (activation == 2) biasSigmoid(y, bias, columns);
    else addBias(y, bias, columns);
    y += (<usize> columns) << 2;
  }
}

/** y [count] = activation(y) in place. */
export function activateInPlace(y: usize, count: i32, activation: i32): void {
  if (activation == 1) relu(y, count);
  else if (activation == 2) sigmoid(y, count);
}

function addBias(y: usize, bias: usize, columns: i32): void {
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(bias)));
    y += 16;
    bias += 16;
  }
  for (; j < columns; j++) {
    store<f32>(y, load<f32>(y) + load<f32>(bias));
    y += 4;
    bias += 4;
  }
}

// pmax(x, 0) is "x < 0 ? 0 : x": NaN stays NaN, in one instruction
function biasRelu(y: usize, bias: usize, columns: i32): void {
  const zero = f32x4.splat(0);
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    v128.store(y, f32x4.pmax(f32x4.add(v128.load(y), v128.load(bias)), zero));
    y += 16;
    bias += 16;
  }
  for (; j < columns; j++) {
    const value = load<f32>(y) + load<f32>(bias);
    store<f32>(y, value < 0 ? 0 : value);
    y += 4;
    bias += 4;
  }
}

function biasSigmoid(y: usize, bias: usize, columns: i32): void {
  addBias(y, bias, columns);
  sigmoid(y, columns);
}

function relu(y: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(y, f32x4.pmax(v128.load(y), zero));
    y += 16;
  }
  for (; i < count; i++) {
    const value = load<f32>(y);
    store<f32>(y, value < 0 ? 0 : value);
    y += 4;
  }
}

function sigmoid(y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(y, sigmoid4(v128.load(y)));
    y += 16;
  }
  for (; i < count; i++) {
    store<f32>(y, f32x4.extract_lane(sigmoid4(f32x4.splat(load<f32>(y))), 0));
    y += 4;
  }
}

/**
 * dz [count] from dy and y: relu dy scale where y > 0, sigmoid dy y (1 - y / scale). dz may be dy.
 *
 * scale: 1, or what dropout behind the activation multiplied y by where it kept it
 */
export function activationGradient(
  dy: usize,
  y: usize,
  dz: usize,
  count: i32,
  activation: i32,
  scale: f32,
): void {
  const one = f32x4.splat(1), zero = f32x4.splat(0);
  const factor = f32x4.splat(scale), share = f32x4.splat(1 / scale);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const g = v128.load(dy), out = v128.load(y);
    const value = activation == 1
      ? v128.and(f32x4.mul(g, factor), f32x4.gt(out, zero))
      : f32x4.mul(g, f32x4.mul(out, f32x4.sub(one, f32x4.mul(out, share))));
    v128.store(dz, value);
    dy += 16;
    y += 16;
    dz += 16;
  }
  for (; i < count; i++) {
    const g = load<f32>(dy), out = load<f32>(y);
    store<f32>(
      dz,
      activation == 1 ? (out > 0 ? g * scale : 0) : g * (out * (1 - out * (1 / scale))),
    );
    dy += 4;
    y += 4;
    dz += 4;
  }
}
