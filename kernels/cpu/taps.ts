// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// taps: a convolution's weight [O, C, K], PyTorch's order, as K matrices [O, C] and back
//   count = O x C pairs, or some of them; step: bytes from one matrix to the next

/** weight [count, K] -> K matrices of `count` elements, the first at taps. */
export function splitTaps(weight: usize, taps: usize, count: i32, K: i32, step: usize): void {
  let i = 0;
  if (K == 3) {
    for (; i + 4 <= count; i += 4) {
      const a = v128.load(weight), b = v128.load(weight, 16), c = v128.load(weight, 32);
      // a = 0 1 2 0   b = 1 2 0 1   c = 2 0 1 2   (tap of each element)
      const first = v128.shuffle<f32>(v128.shuffle<f32>(a, b, 0, 3, 6, 6), c, 0, 1, 2, 5);
      const second = v128.shuffle<f32>(v128.shuffle<f32>(a, b, 1, 4, 7, 7), c, 0, 1, 2, 6);
      const third = v128.shuffle<f32>(v128.shuffle<f32>(a, b, 2, 5, 5, 5), c, 0, 1, 4, 7);
      v128.store(taps, first);
      v128.store(taps + step, second);
      v128.store(taps + 2 * step, third);
      weight += 48;
      taps += 16;
    }
  }
  for (; i < count; i++) {
    let to = taps;
    for (let k = 0; k < K; k++) {
      store<f32>(to, load<f32>(weight));
      weight += 4;
      to += step;
    }
    taps += 4;
  }
}

/** The reverse of splitTaps. */
export function joinTaps(taps: usize, weight: usize, count: i32, K: i32, step: usize): void {
  let i = 0;
  if (K == 3) {
    for (; i + 4 <= count; i += 4) {
      const x = v128.load(taps), y = v128.load(taps + step), z = v128.load(taps + 2 * step);
      // x0 y0 z0 x1   y1 z1 x2 y2   z2 x3 y3 z3
      const xy = v128.shuffle<f32>(x, y, 0, 4, 1, 1); // x0 y0 x1 .
      const yz = v128.shuffle<f32>(y, z, 1, 5, 2, 2); // y1 z1 y2 .
      const zx = v128.shuffle<f32>(z, x, 2, 7, 3, 3); // z2 x3 z3 .
      v128.store(weight, v128.shuffle<f32>(xy, z, 0, 1, 4, 2));
      v128.store(weight, v128.shuffle<f32>(yz, x, 0, 1, 6, 2), 16);
      v128.store(weight, v128.shuffle<f32>(zx, y, 0, 1, 7, 2), 32);
      taps += 16;
      weight += 48;
    }
  }
  for (; i < count; i++) {
    let from = taps;
    for (let k = 0; k < K; k++) {
      store<f32>(weight, load<f32>(from));
      weight += 4;
      from += step;
    }
    taps += 4;
  }
}
