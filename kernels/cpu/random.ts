// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// random: Philox4x32-10 (Salmon et al., SC 2011), the numbers of src/random.ts,
// thirty-two at a time
//   key [key0, key1], counter [floor(i / 4), stream, step, 0]; element i takes word i mod 4
//   words: 128 bytes of scratch memory

import { activateInPlace, biasActivation } from "./activation.ts";

const MULTIPLIER_0: i32 = 0xD2511F53;
const MULTIPLIER_1: i32 = 0xCD9E8D57;
const WEYL_0: i32 = 0x9E3779B9;
const WEYL_1: i32 = 0xBB67AE85;

/** The words of counters group .. group + 7, in the order of their elements. */
function philox32(group: i32, stream: i32, step: i32, key0: i32, key1: i32, words: usize): void {
  const m0 = i32x4.splat(MULTIPLIER_0), m1 = i32x4.splat(MULTIPLIER_1);
  // two sets of four counters, c and d: their chains of products overlap in the processor
  let c0 = i32x4.add(i32x4.splat(group), i32x4(0, 1, 2, 3));
  let d0 = i32x4.add(i32x4.splat(group), i32x4(4, 5, 6, 7));
  let c1 = i32x4.splat(stream), c2 = i32x4.splat(step), c3 = i32x4.splat(0);
  let d1 = c1, d2 = c2, d3 = c3;
  for (let round = 0; round < 10; round++) {
    const k0 = i32x4.splat(key0), k1 = i32x4.splat(key1);
    let low = i64x2.extmul_low_i32x4_u(c0, m0), high = i64x2.extmul_high_i32x4_u(c0, m0);
    const c2Next = v128.xor(v128.xor(v128.shuffle<i32>(low, high, 1, 3, 5, 7), c3), k1);
    const c3Next = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
    low = i64x2.extmul_low_i32x4_u(d0, m0), high = i64x2.extmul_high_i32x4_u(d0, m0);
    const d2Next = v128.xor(v128.xor(v128.shuffle<i32>(low, high, 1, 3, 5, 7), d3), k1);
    const d3Next = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
    low = i64x2.extmul_low_i32x4_u(c2, m1), high = i64x2.extmul_high_i32x4_u(c2, m1);
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(low, high, 1, 3, 5, 7), c1), k0);
    c1 = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
    low = i64x2.extmul_low_i32x4_u(d2, m1), high = i64x2.extmul_high_i32x4_u(d2, m1);
    d0 = v128.xor(v128.xor(v128.shuffle<i32>(low, high, 1, 3, 5, 7), d1), k0);
    d1 = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
    c2 = c2Next;
    c3 = c3Next;
    d2 = d2Next;
    d3 = d3Next;
    key0 += WEYL_0;
    key1 += WEYL_1;
  }
  transpose(c0, c1, c2, c3, words);
  transpose(d0, d1, d2, d3, words + 64);
}

/** Lane l of c_w is word w of counter l: stored counter by counter. */

function transpose(c0: v128, c1: v128, c2: v128, c3: v128, words: usize): void {
  const low01 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5),
    high01 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5),
    high23 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(words, v128.shuffle<i32>(low01, low23, 0, 1, 4, 5));
  v128.store(words, v128.shuffle<i32>(low01, low23, 2, 3, 6, 7), 16);
  v128.store(words, v128.shuffle<i32>(high01, high23, 0, 1, 4, 5), 32);
  v128.store(words, v128.shuffle<i32>(high01, high23, 2, 3, 6, 7), 48);
}

/** out [count] = (word >>> 8) 2^-24, in [0, 1). Element 0 is number `first`, of 32. */
export function uniform(
  out: usize,
  first: i32,
  count: i32,
  key0: i32,
  key1: i32,
  stream: i32,
  step: i32,
  words: usize,
): void {
  const unit = f32x4.splat(5.9604644775390625e-8); // 2^-24
  for (let i = 0; i < count; i += 32) {
    philox32((first + i) >>> 2, stream, step, key0, key1, words);
    for (let j = 0; j < 32 && i + j < count; j += 4) {
      const bits = i32x4.shr_u(v128.load(words + (j << 2)), 8);
      const value = f32x4.mul(f32x4.convert_i32x4_s(bits), unit);
      if (i + j + 4 <= count) {
        v128.store(out, value);
      } else {
        v128.store(words, value);
        memory.copy(out, words, (count - i - j) << 2);
      }
      out += 16;
    }
  }
}

/**
 * -2 ln of m 2^-24 for m = 1 .. 2^24 (Cephes logf, whose error is relative where m 2^-24 is near
 * 1).
 */
function minusTwoLog4(m: v128): v128 {
  const bits = f32x4.convert_i32x4_s(m);
  // v = m 2^-24 as f 2^e with f in [1, 2), then f in [root of 1/2, root of 2)
  let e = i32x4.sub(i32x4.shr_u(bits, 23), i32x4.splat(127 + 24));
  let f = v128.or(
    v128.and(bits, i32x4.splat(0x007FFFFF)),
    i32x4.splat(0x3F800000),
  );
  const large = f32x4.ge(f, f32x4.splat(1.41421356));
  f = v128.bitselect(f32x4.mul(f, f32x4.splat(0.5)), f, large);
  e = i32x4.sub(e, large); // a true lane is -1
  const x = f32x4.sub(f, f32x4.splat(1)), z = f32x4.mul(x, x), n = f32x4.convert_i32x4_s(e);
  let p = f32x4.splat(7.0376836292e-2);
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(-1.1514610310e-1));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(p, x), z);
  y = f32x4.add(y, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  y = f32x4.sub(y, f32x4.mul(z, f32x4.splat(0.5)));
  y = f32x4.add(f32x4.add(y, x), f32x4.mul(n, f32x4.splat(0.693359375)));
  return f32x4.mul(y, f32x4.splat(-2));
}

/**
 * radius [r0, r0, r1, r1] by the cosine (even lanes) and sine (odd lanes) of [n0, n0, n1, n1] 2^-24
 * turns.
 */
function onCircle4(radius: v128, n: v128): v128 {
  const turned = i32x4.add(n, i32x4.splat(1 << 21)); // in quarters, each from -1/2 to 1/2
  const within = i32x4.sub(v128.and(turned, i32x4.splat((1 << 22) - 1)), i32x4.splat(1 << 21));
  const x = f32x4.mul(f32x4.convert_i32x4_s(within), f32x4.splat(3.7450703e-7)); // pi / 2 2^-22
  const z = f32x4.mul(x, x);
  let s = f32x4.add(f32x4.mul(z, f32x4.splat(-1.9515295891e-4)), f32x4.splat(8.3321608736e-3));
  s = f32x4.add(f32x4.mul(s, z), f32x4.splat(-1.6666654611e-1));
  s = f32x4.add(f32x4.mul(f32x4.mul(s, z), x), x);
  let c = f32x4.add(
    f32x4.mul(z, f32x4.splat(2.443315711809948e-5)),
    f32x4.splat(-1.388731625493765e-3),
  );
  c = f32x4.add(f32x4.mul(c, z), f32x4.splat(4.166664568298827e-2));
  c = f32x4.add(
    f32x4.mul(f32x4.mul(c, z), z),
    f32x4.sub(f32x4.splat(1), f32x4.mul(z, f32x4.splat(0.5))),
  );
  // In the quarters the cosine is c, -s, -c, s; the sine is the cosine of the quarter before.
  const quarter = i32x4.sub(i32x4.shr_u(turned, 22), i32x4(0, 1, 0, 1));
  const odd = i32x4.ne(v128.and(quarter, i32x4.splat(1)), i32x4.splat(0));
  const sign = i32x4.shl(v128.and(i32x4.add(quarter, i32x4.splat(1)), i32x4.splat(2)), 30);
  return f32x4.mul(radius, v128.xor(v128.bitselect(s, c, odd), sign));
}

/**
 * out [count], standard normal: of words u, a one pair, sqrt(-2 ln(1 - u)) (cos, sin)(2 pi a) (Box
 * and Muller). Element 0 is number `first`, of 32.
 */
export function normal(
  out: usize,
  first: i32,
  count: i32,
  key0: i32,
  key1: i32,
  stream: i32,
  step: i32,
  words: usize,
): void {
  const whole = i32x4.splat(1 << 24);
  for (let i = 0; i < count; i += 32) {
    philox32((first + i) >>> 2, stream, step, key0, key1, words);
    for (let j = 0; j < 32 && i + j < count; j += 4) {
      const bits = i32x4.shr_u(v128.load(words + (j << 2)), 8); // u0, a0, u1, a1
      const m = i32x4.sub(whole, v128.shuffle<i32>(bits, bits, 0, 0, 2, 2));
      const radius = f32x4.sqrt(minusTwoLog4(m));
      const value = onCircle4(radius, v128.shuffle<i32>(bits, bits, 1, 1, 3, 3));
      if (i + j + 4 <= count) {
        v128.store(out, value);
      } else {
        v128.store(words, value);
        memory.copy(out, words, (count - i - j) << 2);
      }
      out += 16;
    }
  }
}

/**
 * y [count] = x scale where word >>> 8 >= threshold, else 0. y may be x. Element 0 is number
 * `first`, of 32.
 */
export function dropout(
  x: usize,
  y: usize,
  first: i32,
  count: i32,
  threshold: i32,
  scale: f32,
  key0: i32,
  key1: i32,
  stream: i32,
  step: i32,
  words: usize,
): void {
  const limit = i32x4.splat(threshold), factor = f32x4.splat(scale);
  for (let i = 0; i < count; i += 32) {
    philox32((first + i) >>> 2, stream, step, key0, key1, words);
    for (let j = 0; j < 32 && i + j < count; j += 4) {
      const keep = i32x4.ge_s(i32x4.shr_u(v128.load(words + (j << 2)), 8), limit);
      if (i + j + 4 <= count) {
        v128.store(y, v128.and(keep, f32x4.mul(v128.load(x), factor)));
      } else {
        v128.store(words, keep);
        for (let left: usize = 0; left < <usize> (count - i - j); left++) {
          const value = load<i32>(words + (left << 2)) ? load<f32>(x + (left << 2)) * scale : 0;
          store<f32>(y + (left << 2), value);
        }
      }
      x += 16;
      y += 16;
    }
  }
}

/** Rows that are worked on together: any number of columns makes them whole sets of 32 elements. */
const ROWS = 32;

/**
 * y [rows, columns] = dropout(activation(y + bias)) in place, one walk over memory: a set of rows
 * is in the cache when its second pass begins. bias [columns], or 0 for none. Row 0 is number
 * `first`, of 32.
 */
export function biasActivationDropout(
  y: usize,
  bias: usize,
  first: i32,
  rows: i32,
  columns: i32,
  activation: i32,
  threshold: i32,
  scale: f32,
  key0: i32,
  key1: i32,
  stream: i32,
  step: i32,
  words: usize,
): void {
  for (let row = 0; row < rows; row += ROWS) {
    const some = min(ROWS, rows - row), count = some * columns;
    if (bias) biasActivation(y, bias, some, columns, activation);
    else activateInPlace(y, count, activation);
    dropout(
      y,
      y,
      (first + row) * columns,
      count,
      threshold,
      scale,
      key0,
      key1,
      stream,
      step,
      words,
    );
    y += (<usize> count) << 2;
  }
}
