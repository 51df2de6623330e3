// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// reduction: sums along rows, over an axis in the midst and over whole tensors, each in one walk
// over memory
//   The order of every sum depends on the sizes alone, so reruns are bit-identical. Long sums run
//   in double precision.

/** out [batch, inner] = mean over N of x [batch, N, inner]. */
export function middleMean(x: usize, batch: i32, N: i32, inner: i32, out: usize): void {
  const stride = (<usize> inner) << 2;
  const divisor = f32x4.splat(<f32> N);
  for (let b = 0; b < batch; b++) {
    let j = 0;
    for (; j + 16 <= inner; j += 16) {
      let from = x;
      let s0 = v128.load(from), s1 = v128.load(from, 16);
      let s2 = v128.load(from, 32), s3 = v128.load(from, 48);
      for (let n = 1; n < N; n++) {
        from += stride;
        s0 = f32x4.add(s0, v128.load(from));
        s1 = f32x4.add(s1, v128.load(from, 16));
        s2 = f32x4.add(s2, v128.load(from, 32));
        s3 = f32x4.add(s3, v128.load(from, 48));
      }
      v128.store(out, f32x4.div(s0, divisor));
      v128.store(out, f32x4.div(s1, divisor), 16);
      v128.store(out, f32x4.div(s2, divisor), 32);
      v128.store(out, f32x4.div(s3, divisor), 48);
      x += 64;
      out += 64;
    }
    for (; j < inner; j++) {
      let sum = load<f32>(x);
      for (let n = 1; n < N; n++) sum += load<f32>(x + <usize> n * stride);
      store<f32>(out, sum / <f32> N);
      x += 4;
      out += 4;
    }
    x += <usize> (N - 1) * stride;
  }
}

/** x [batch, N, inner], each row of dy [batch, inner] divided by N. */
export function middleMeanGradient(dy: usize, batch: i32, N: i32, inner: i32, dx: usize): void {
  const width = (<usize> inner) << 2;
  for (let b = 0; b < batch; b++) {
    let to = dx, j = 0;
    for (; j + 4 <= inner; j += 4) {
      v128.store(to, f32x4.div(v128.load(dy), f32x4.splat(<f32> N)));
      dy += 16;
      to += 16;
    }
    for (; j < inner; j++) {
      store<f32>(to, load<f32>(dy) / <f32> N);
      dy += 4;
      to += 4;
    }
    for (let n = 1; n < N; n++) memory.copy(dx + <usize> n * width, dx, width);
    dx += <usize> N * width;
  }
}

/** Sum of squares of x [count], in double precision. */
function squares(x: usize, count: i32): f64 {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    const a = v128.load(x), b = v128.load(x, 16);
    const a0 = f64x2.promote_low_f32x4(a), b0 = f64x2.promote_low_f32x4(b);
    const a1 = f64x2.promote_low_f32x4(v128.shuffle<f32>(a, a, 2, 3, 2, 3));
    const b1 = f64x2.promote_low_f32x4(v128.shuffle<f32>(b, b, 2, 3, 2, 3));
    s0 = f64x2.add(s0, f64x2.mul(a0, a0));
    s1 = f64x2.add(s1, f64x2.mul(a1, a1));
    s2 = f64x2.add(s2, f64x2.mul(b0, b0));
    s3 = f64x2.add(s3, f64x2.mul(b1, b1));
    x += 32;
  }
  const s = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; i < count; i++) {
    const value = <f64> load<f32>(x);
    sum += value * value;
    x += 4;
  }
  return sum;
}

/** Sum of squares of x [count], as a double at out. */
export function storeSumSquares(x: usize, count: i32, out: usize): void {
  store<f64>(out, squares(x, count));
}

/** Sum of squares of x [count]: NaN or infinite where an element is. */
export function sumSquares(x: usize, count: i32): f64 {
  return squares(x, count);
}

/** Sum of x [count], in double precision. */
function total(x: usize, count: i32): f64 {
  let s0 = f64x2.splat(0), s1 = s0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const value = v128.load(x);
    s0 = f64x2.add(s0, f64x2.promote_low_f32x4(value));
    s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 2, 3)));
    x += 16;
  }
  const s = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; i < count; i++) {
    sum += <f64> load<f32>(x);
    x += 4;
  }
  return sum;
}

/** out [rows] = sum of each row of x [rows, columns], divided by divisor. */
export function rowSums(x: usize, rows: i32, columns: i32, divisor: f64, out: usize): void {
  for (let row = 0; row < rows; row++) {
    store<f32>(out, <f32> (total(x, columns) / divisor));
    x += (<usize> columns) << 2;
    out += 4;
  }
}

/** out [rows] = Euclidean norm of each row of x [rows, columns]. */
export function rowNorms(x: usize, rows: i32, columns: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    store<f32>(out, <f32> sqrt(squares(x, columns)));
    x += (<usize> columns) << 2;
    out += 4;
  }
}

/** dx [rows, columns] = x dy / norm of the row, 0 where the norm is 0. dy, norm [rows]. */
export function rowNormsGradient(
  x: usize,
  norm: usize,
  dy: usize,
  rows: i32,
  columns: i32,
  dx: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const n = load<f32>(norm);
    const factor: f32 = n == 0 ? 0 : load<f32>(dy) / n;
    const factor4 = f32x4.splat(factor);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128.store(dx, f32x4.mul(v128.load(x), factor4));
      x += 16;
      dx += 16;
    }
    for (; j < columns; j++) {
      store<f32>(dx, load<f32>(x) * factor);
      x += 4;
      dx += 4;
    }
    norm += 4;
    dy += 4;
  }
}
