// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// affine: per-column scales and shifts of rows, the writing half of batch normalisation

/** y = x scale + shift; x, y [rows, columns], scale, shift [columns]. */
export function scaleShift(
  x: usize,
  scale: usize,
  shift: usize,
  rows: i32,
  columns: i32,
  y: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let a = scale, b = shift, j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128.store(y, f32x4.add(f32x4.mul(v128.load(x), v128.load(a)), v128.load(b)));
      x += 16;
      y += 16;
      a += 16;
      b += 16;
    }
    for (; j < columns; j++) {
      store<f32>(y, load<f32>(x) * load<f32>(a) + load<f32>(b));
      x += 4;
      y += 4;
      a += 4;
      b += 4;
    }
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
  for (let row = 0; row < rows; row++) {
    let m = centre, a = scale, b = shift, j = 0;
    for (; j + 4 <= columns; j += 4) {
      const d = f32x4.sub(v128.load(x), v128.load(m));
      v128.store(y, f32x4.add(f32x4.mul(d, v128.load(a)), v128.load(b)));
      x += 16;
      y += 16;
      m += 16;
      a += 16;
      b += 16;
    }
    for (; j < columns; j++) {
      store<f32>(y, (load<f32>(x) - load<f32>(m)) * load<f32>(a) + load<f32>(b));
      x += 4;
      y += 4;
      m += 4;
      a += 4;
      b += 4;
    }
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
  for (let row = 0; row < rows; row++) {
    let m = centre, a = scale, c = slope, b = shift, j = 0;
    for (; j + 4 <= columns; j += 4) {
      const d = f32x4.sub(v128.load(x), v128.load(m));
      const value = f32x4.add(f32x4.mul(v128.load(dy), v128.load(a)), f32x4.mul(d, v128.load(c)));
      v128.store(dx, f32x4.add(value, v128.load(b)));
      dy += 16;
      x += 16;
      dx += 16;
      m += 16;
      a += 16;
      c += 16;
      b += 16;
    }
    for (; j < columns; j++) {
      const d = load<f32>(x) - load<f32>(m);
      store<f32>(dx, load<f32>(dy) * load<f32>(a) + d * load<f32>(c) + load<f32>(b));
      dy += 4;
      x += 4;
      dx += 4;
      m += 4;
      a += 4;
      c += 4;
      b += 4;
    }
  }
}
