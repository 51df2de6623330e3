// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// random: Philox4x32-10 (Salmon et al., SC 2011), the numbers of src/random.ts, thirty-two at a time
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

/** out [count] = (word >>> 8) 2^-24, in [0, 1). */
export function uniform(
  out: usize,
  count: i32,
  key0: i32,
  key1: i32,
  stream: i32,
  step: i32,
  words: usize,
): void {
  const unit = f32x4.splat(5.9604644775390625e-8); // 2^-24
  for (let i = 0; i < count; i += 32) {
    philox32(i >>> 2, stream, step, key0, key1, words);
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

/** y [count] = x scale where word >>> 8 >= threshold, else 0. y may be x. Element 0 is number `first`, of 32. */
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
 * y [rows, columns] = dropout(activation(y + bias)) in place, one walk over memory: a set of rows is in the cache when
 * its second pass begins. bias [columns], or 0 for none.
 */
export function biasActivationDropout(
  y: usize,
  bias: usize,
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
    dropout(y, y, row * columns, count, threshold, scale, key0, key1, stream, step, words);
    y += (<usize> count) << 2;
  }
}
