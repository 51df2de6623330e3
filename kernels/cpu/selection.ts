// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// selection: the k largest of each row as a mask, and those of noisy copies of a row

/** Keys that sort as signed integers like their floats; -0 counts as +0. */
function keysOf(value: v128): v128 {
  const bits = f32x4.add(value, f32x4.splat(0));
  return v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
}

/** How many of keys [count] are at least `least`. */
function countFrom(keys: usize, count: i32, least: i32): i32 {
  const least4 = i32x4.splat(least);
  let counts = i32x4.splat(0), i = 0;
  for (; i + 4 <= count; i += 4) {
    counts = i32x4.sub(counts, i32x4.ge_s(v128.load(keys), least4));
    keys += 16;
  }
  let sum = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
  for (; i < count; i++) {
    if (load<i32>(keys) >= least) sum++;
    keys += 4;
  }
  return sum;
}

/**
 * mask [rows, columns] = 1 at the k largest of each row of values, else 0; the lower index first
 * among equals. 1 <= k <= columns; mask may be values.
 *
 * The k-th largest is found bit by bit, by counting; the search ends as soon as a bound leaves k.
 */
export function topKMask(values: usize, rows: i32, columns: i32, k: i32, mask: usize): void {
  const width = (<usize> columns) << 2;
  for (let row = 0; row < rows; row++) {
    let every = i32x4.splat(-1), any = i32x4.splat(0), j: usize = 0;
    for (; j + 16 <= width; j += 16) {
      const keys = keysOf(v128.load(values + j));
      v128.store(mask + j, keys);
      every = v128.and(every, keys);
      any = v128.or(any, keys);
    }
    for (; j < width; j += 4) {
      const keys = keysOf(v128.load32_splat(values + j));
      store<i32>(mask + j, i32x4.extract_lane(keys, 0));
      every = v128.and(every, keys);
      any = v128.or(any, keys);
    }
    // Bits that all keys share need no search.
    every = v128.and(every, v128.shuffle<i32>(every, every, 2, 3, 0, 1));
    any = v128.or(any, v128.shuffle<i32>(any, any, 2, 3, 0, 1));
    const all = i32x4.extract_lane(every, 0) & i32x4.extract_lane(every, 1);
    const differ = all ^ (i32x4.extract_lane(any, 0) | i32x4.extract_lane(any, 1));
    const searched: i32 = 32 - clz(differ);
    let least: i32 = searched == 32 ? i32.MIN_VALUE : all & ~((1 << searched) - 1);
    let found = columns;
    for (let bit = searched - 1; bit >= 0 && found != k; bit--) {
      const bound = least ^ (1 << bit); // signed: the highest bit is turned off to go up
      const count = countFrom(mask, columns, bound);
      if (count >= k) {
        least = bound;
        found = count;
      }
    }
    // `least` is the k-th largest itself where its equals made the count overshoot.
    writeMask(mask, columns, least, found == k ? columns : k - countFrom(mask, columns, least + 1));
    values += width;
    mask += width;
  }
}

/** keys [count] -> 1 above `least`, and at the first `equals` of those equal to it; else 0. */
function writeMask(keys: usize, count: i32, least: i32, equals: i32): void {
  const least4 = i32x4.splat(least), one = f32x4.splat(1);
  let i = 0;
  if (equals >= count) {
    for (; i + 4 <= count; i += 4) {
      v128.store(keys, v128.and(i32x4.ge_s(v128.load(keys), least4), one));
      keys += 16;
    }
  }
  for (; i < count; i++) {
    const key = load<i32>(keys);
    const kept = key > least || (key == least && equals-- > 0);
    store<f32>(keys, kept ? 1 : 0);
    keys += 4;
  }
}

/** y [rows, samples, columns] = scores [rows, columns] + sigma noise [rows, samples, columns]. */
export function perturb(
  scores: usize,
  noise: usize,
  sigma: f32,
  rows: i32,
  samples: i32,
  columns: i32,
  y: usize,
): void {
  const sigma4 = f32x4.splat(sigma), width = (<usize> columns) << 2;
  for (let row = 0; row < rows; row++) {
    for (let sample = 0; sample < samples; sample++) {
      let j: usize = 0;
      for (; j + 16 <= width; j += 16) {
        const added = f32x4.mul(sigma4, v128.load(noise + j));
        v128.store(y + j, f32x4.add(v128.load(scores + j), added));
      }
      for (; j < width; j += 4) {
        store<f32>(y + j, load<f32>(scores + j) + sigma * load<f32>(noise + j));
      }
      noise += width;
      y += width;
    }
    scores += width;
  }
}

/**
 * out [rows, columns] = factor x sum over the samples of chosen [rows, samples, columns] times the
 * dot product of that sample's noise with slope [rows, columns].
 */
export function perturbedGradient(
  slope: usize,
  noise: usize,
  chosen: usize,
  factor: f32,
  rows: i32,
  samples: i32,
  columns: i32,
  out: usize,
): void {
  const width = (<usize> columns) << 2;
  memory.fill(out, 0, <usize> rows * width);
  for (let row = 0; row < rows; row++) {
    for (let sample = 0; sample < samples; sample++) {
      addScaled(chosen, factor * <f32> dot(noise, slope, columns), out, width);
      noise += width;
      chosen += width;
    }
    slope += width;
    out += width;
  }
}

/** Sum of a b [count], products in single and sums in double precision. */
function dot(a: usize, b: usize, count: i32): f64 {
  let low = f64x2.splat(0), high = low, i = 0;
  for (; i + 4 <= count; i += 4) {
    const product = f32x4.mul(v128.load(a), v128.load(b));
    low = f64x2.add(low, f64x2.promote_low_f32x4(product));
    const upper = v128.shuffle<f32>(product, product, 2, 3, 2, 3);
    high = f64x2.add(high, f64x2.promote_low_f32x4(upper));
    a += 16;
    b += 16;
  }
  const sums = f64x2.add(low, high);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; i < count; i++) {
    sum += <f64> (load<f32>(a) * load<f32>(b));
    a += 4;
    b += 4;
  }
  return sum;
}

/** y += scale x, over `bytes` of f32. */
function addScaled(x: usize, scale: f32, y: usize, bytes: usize): void {
  const scale4 = f32x4.splat(scale);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(y + at, f32x4.add(v128.load(y + at), f32x4.mul(scale4, v128.load(x + at))));
  }
  for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(y + at) + scale * load<f32>(x + at));
}
