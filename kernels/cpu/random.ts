// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// random: Philox4x32-10 (Salmon et al., SC 2011), the numbers of src/random.ts, sixteen at a time
//   key [key0, key1], counter [floor(i / 4), stream, step, 0]; element i takes word i mod 4
//   words: 64 bytes of scratch memory

const MULTIPLIER_0: i32 = 0xD2511F53;
const MULTIPLIER_1: i32 = 0xCD9E8D57;
const WEYL_0: i32 = 0x9E3779B9;
const WEYL_1: i32 = 0xBB67AE85;

/** The words of counters group .. group + 3, in the order of their elements. */
function philox16(group: i32, stream: i32, step: i32, key0: i32, key1: i32, words: usize): void {
  const m0 = i32x4.splat(MULTIPLIER_0), m1 = i32x4.splat(MULTIPLIER_1);
  let c0 = i32x4.add(i32x4.splat(group), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(stream), c2 = i32x4.splat(step), c3 = i32x4.splat(0);
  for (let round = 0; round < 10; round++) {
    const p0 = i64x2.extmul_low_i32x4_u(c0, m0), p1 = i64x2.extmul_high_i32x4_u(c0, m0);
    const q0 = i64x2.extmul_low_i32x4_u(c2, m1), q1 = i64x2.extmul_high_i32x4_u(c2, m1);
    const high0 = v128.shuffle<i32>(p0, p1, 1, 3, 5, 7);
    const high1 = v128.shuffle<i32>(q0, q1, 1, 3, 5, 7);
    c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(key0));
    c1 = v128.shuffle<i32>(q0, q1, 0, 2, 4, 6);
    c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(key1));
    c3 = v128.shuffle<i32>(p0, p1, 0, 2, 4, 6);
    key0 += WEYL_0;
    key1 += WEYL_1;
  }
  // lane l of c_w is word w of counter group + l: transpose
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
  for (let i = 0; i < count; i += 16) {
    philox16(i >>> 2, stream, step, key0, key1, words);
    for (let j = 0; j < 16 && i + j < count; j += 4) {
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

/** y [count] = x scale where word >>> 8 >= threshold, else 0. y may be x. */
export function dropout(
  x: usize,
  y: usize,
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
  for (let i = 0; i < count; i += 16) {
    philox16(i >>> 2, stream, step, key0, key1, words);
    for (let j = 0; j < 16 && i + j < count; j += 4) {
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
