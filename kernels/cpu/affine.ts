// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// affine: per-column scales and shifts of rows, the writing half of batch normalisation
//   A row is a function of its own: with few live values the inner loop stays in registers,
//     which doubled its speed.

/** y = x scale + shift; x, y [rows, columns], scale, shift [columns]. */
export function scaleShift(
  x: usize,
  scale: usize,
  shift: usize,
  rows: i32,
  columns: i32,
  y: usize,
): void {
  const stride = (<usize> columns) << 2;
  for (let row = 0; row < rows; row++) {
    scaleShiftRow(x, scale, shift, columns, y);
    x += stride;
    y += stride;
  }
}

function scaleShiftRow(x: usize, scale: usize, shift: usize, columns: i32, y: usize): void {
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    v128.store(y, f32x4.add(f32x4.mul(v128.load(x), v128.load(scale)), v128.load(shift)));
    x += 16;
    y += 16;
    scale += 16;
    shift += 16;
  }
  for (; j < columns; j++) {
    store<f32>(y, load<f32>(x) * load<f32>(scale) + load<f32>(shift));
    x += 4;
    y += 4;
    scale += 4;
    shift += 4;
  }
}

/** y = (x - centre) scale + shift: centred first, so that a large mean cancels nothing. */
export function normalise(
  x: usize,
  centre: usize,
  scale: usize,
  shift: usize,
  rows: i32,
  columns: i32,
  y: usize,
): void {
  const stride = (<usize> columns) << 2;
  for (let row = 0; row < rows; row++) {
    normaliseRow(x, centre, scale, shift, columns, y);
    x += stride;
    y += stride;
  }
}

function normaliseRow(
  x: usize,
  centre: usize,
  scale: usize,
  shift: usize,
  columns: i32,
  y: usize,
): void {
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    const d = f32x4.sub(v128.load(x), v128.load(centre));
    v128.store(y, f32x4.add(f32x4.mul(d, v128.load(scale)), v128.load(shift)));
    x += 16;
    y += 16;
    centre += 16;
    scale += 16;
    shift += 16;
  }
  for (; j < columns; j++) {
    store<f32>(y, (load<f32>(x) - load<f32>(centre)) * load<f32>(scale) + load<f32>(shift));
    x += 4;
    y += 4;
    centre += 4;
    scale += 4;
    shift += 4;
  }
}

/** dx = dy scale + (x - centre) slope + shift: the gradient of batch normalisation. */
export function normaliseGradient(
  dy: usize,
  x: usize,
  centre: usize,
  scale: usize,
  slope: usize,
  shift: usize,
  rows: i32,
  columns: i32,
  dx: usize,
): void {
  const stride = (<usize> columns) << 2;
  for (let row = 0; row < rows; row++) {
    normaliseGradientRow(dy, x, centre, scale, slope, shift, columns, dx);
    dy += stride;
    x += stride;
    dx += stride;
  }
}

function normaliseGradientRow(
  dy: usize,
  x: usize,
  centre: usize,
  scale: usize,
  slope: usize,
  shift: usize,
  columns: i32,
  dx: usize,
): void {
  const end = (<usize> columns) << 2, whole = end & ~15;
  let at: usize = 0; // one offset for all seven streams
  for (; at < whole; at += 16) {
    const d = f32x4.sub(v128.load(x + at), v128.load(centre + at));
    const g = f32x4.mul(v128.load(dy + at), v128.load(scale + at));
    const value = f32x4.add(g, f32x4.mul(d, v128.load(slope + at)));
    v128.store(dx + at, f32x4.add(value, v128.load(shift + at)));
  }
  for (; at < end; at += 4) {
    const d = load<f32>(x + at) - load<f32>(centre + at);
    const value = load<f32>(dy + at) * load<f32>(scale + at) + d * load<f32>(slope + at);
    store<f32>(dx + at, value + load<f32>(shift + at));
  }
}
