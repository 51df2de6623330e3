// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// columns: sums over the rows of a matrix, each in one walk over memory
//   The order of every sum depends on the sizes alone, so reruns are bit-identical. Long sums run
//   in double precision, short ones (64 rows) in single.

const BLOCK: i32 = 64; // rows summed in single precision before they go into the double total

/** Bytes of scratch memory that the column sums need: a single and a double per column, twice. */
export function columnScratchBytes(columns: i32): i32 {
  return columns * 24;
}

function clear(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

/** total[j] += part[j], part[j] = 0; total f64 [columns], part f32 [columns]. */
export function fold(total: usize, part: usize, columns: i32): void {
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    const value = v128.load(part);
    const high = v128.shuffle<f32>(value, value, 2, 3, 2, 3);
    v128.store(total, f64x2.add(v128.load(total), f64x2.promote_low_f32x4(value)));
    v128.store(total, f64x2.add(v128.load(total, 16), f64x2.promote_low_f32x4(high)), 16);
    v128.store(part, f32x4.splat(0));
    part += 16;
    total += 32;
  }
  for (; j < columns; j++) {
    store<f64>(total, load<f64>(total) + <f64> load<f32>(part));
    store<f32>(part, 0);
    part += 4;
    total += 8;
  }
}

export function writeTotals(total: usize, out: usize, columns: i32, divisor: f64): void {
  for (let j = 0; j < columns; j++) {
    store<f32>(out, <f32> (load<f64>(total) / divisor));
    total += 8;
    out += 4;
  }
}

// Column sums come in two forms: over all columns, and over a strip of them, whose rows lie `step`
// bytes apart; strips leave every column's sum as it is.

/** out [columns] = sum of the rows of x [rows, columns], divided by divisor. */
export function columnSum(
  x: usize,
  rows: i32,
  columns: i32,
  divisor: f64,
  out: usize,
  scratch: usize,
): void {
  stripSum(x, (<usize> columns) << 2, rows, columns, divisor, out, scratch);
}

export function stripSum(
  x: usize,
  step: usize,
  rows: i32,
  columns: i32,
  divisor: f64,
  out: usize,
  scratch: usize,
): void {
  const total = scratch, part = scratch + ((<usize> columns) << 3);
  const stride = (<usize> columns) << 2;
  clear(scratch, <usize> columns * 12);
  for (let first = 0; first < rows; first += BLOCK) {
    const last = min(rows, first + BLOCK);
    let row = first;
    for (; row + 4 <= last; row += 4) {
      addFourRows(x, step, part, stride);
      x += step << 2;
    }
    for (; row < last; row++) {
      addRow(x, part, stride);
      x += step;
    }
    fold(total, part, columns);
  }
  writeTotals(total, out, columns, divisor);
}

function addFourRows(x: usize, stride: usize, to: usize, bytes: usize): void {
  const x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride, whole = bytes & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const low = f32x4.add(v128.load(x + at), v128.load(x1 + at));
    const high = f32x4.add(v128.load(x2 + at), v128.load(x3 + at));
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.add(low, high)));
  }
  for (; at < bytes; at += 4) {
    const low = load<f32>(x + at) + load<f32>(x1 + at);
    const high = load<f32>(x2 + at) + load<f32>(x3 + at);
    store<f32>(to + at, load<f32>(to + at) + (low + high));
  }
}

function addRow(x: usize, to: usize, bytes: usize): void {
  const whole = bytes & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) {
    v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(x + at)));
  }
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(x + at));
}

/** out [columns] = mean over the rows of (x - mean)^2. */
export function columnVariance(
  x: usize,
  mean: usize,
  rows: i32,
  columns: i32,
  out: usize,
  scratch: usize,
): void {
  stripVariance(x, (<usize> columns) << 2, mean, rows, columns, out, scratch);
}

export function stripVariance(
  x: usize,
  step: usize,
  mean: usize,
  rows: i32,
  columns: i32,
  out: usize,
  scratch: usize,
): void {
  const total = scratch, part = scratch + ((<usize> columns) << 3);
  clear(scratch, <usize> columns * 12);
  for (let first = 0; first < rows; first += BLOCK) {
    const last = min(rows, first + BLOCK);
    for (let row = first; row < last; row++) {
      let from = x, to = part, centre = mean, j = 0;
      for (; j + 4 <= columns; j += 4) {
        const d = f32x4.sub(v128.load(from), v128.load(centre));
        v128.store(to, f32x4.add(v128.load(to), f32x4.mul(d, d)));
        from += 16;
        to += 16;
        centre += 16;
      }
      for (; j < columns; j++) {
        const d = load<f32>(from) - load<f32>(centre);
        store<f32>(to, load<f32>(to) + d * d);
        from += 4;
        to += 4;
        centre += 4;
      }
      x += step;
    }
    fold(total, part, columns);
  }
  writeTotals(total, out, columns, rows);
}

/** sums [columns] = sum of dy; products [columns] = sum of dy (x - mean). Both over the rows. */
export function columnProducts(
  dy: usize,
  x: usize,
  mean: usize,
  rows: i32,
  columns: i32,
  sums: usize,
  products: usize,
  scratch: usize,
): void {
  stripProducts(dy, x, (<usize> columns) << 2, mean, rows, columns, sums, products, scratch);
}

export function stripProducts(
  dy: usize,
  x: usize,
  step: usize,
  mean: usize,
  rows: i32,
  columns: i32,
  sums: usize,
  products: usize,
  scratch: usize,
): void {
  const width = (<usize> columns) << 2;
  const totalSums = scratch, totalProducts = scratch + 2 * width;
  const partSums = scratch + 4 * width, partProducts = scratch + 5 * width;
  clear(scratch, 6 * width);
  for (let first = 0; first < rows; first += BLOCK) {
    const last = min(rows, first + BLOCK);
    for (let row = first; row < last; row++) {
      let toSums = partSums, toProducts = partProducts, centre = mean, j = 0;
      for (; j + 4 <= columns; j += 4) {
        const g = v128.load(dy), d = f32x4.sub(v128.load(x), v128.load(centre));
        v128.store(toSums, f32x4.add(v128.load(toSums), g));
        v128.store(toProducts, f32x4.add(v128.load(toProducts), f32x4.mul(g, d)));
        dy += 16;
        x += 16;
        centre += 16;
        toSums += 16;
        toProducts += 16;
      }
      for (; j < columns; j++) {
        const g = load<f32>(dy), d = load<f32>(x) - load<f32>(centre);
        store<f32>(toSums, load<f32>(toSums) + g);
        store<f32>(toProducts, load<f32>(toProducts) + g * d);
        dy += 4;
        x += 4;
        centre += 4;
        toSums += 4;
        toProducts += 4;
      }
      dy += step - width;
      x += step - width;
    }
    fold(totalSums, partSums, columns);
    fold(totalProducts, partProducts, columns);
  }
  writeTotals(totalSums, sums, columns, 1);
  writeTotals(totalProducts, products, columns, 1);
}

/**
 * out [columns] = sum of `count` parts, doubles [columns] that lie `step` bytes apart, first to
 * last.
 */
export function sumParts(parts: usize, count: i32, step: usize, columns: i32, out: usize): void {
  for (let j = 0; j < columns; j++) {
    let sum: f64 = 0;
    for (let i = 0; i < count; i++) sum += load<f64>(parts + <usize> i * step);
    store<f32>(out, <f32> sum);
    parts += 8;
    out += 4;
  }
}
