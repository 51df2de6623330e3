// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// turn: two neighbouring axes change places: y [outer, B, A, inner] = x [outer, A, B, inner]
//   words of 32 bits, whatever they stand for

/**
 * x [outer, A, B, inner] -> y [outer, B, A, inner]; the rows of y lie `step` bytes apart, so that
 * A may be some of its elements.
 */
export function turn(
  x: usize,
  outer: i32,
  A: i32,
  B: i32,
  inner: i32,
  step: usize,
  y: usize,
): void {
  for (let o = 0; o < outer; o++) {
    if (inner == 1) turnWords(x, A, B, step, y);
    else turnPieces(x, A, B, (<usize> inner) << 2, step, y);
    x += ((<usize> A) * (<usize> B) * (<usize> inner)) << 2;
    y += (<usize> B) * step;
  }
}

function turnPieces(x: usize, A: i32, B: i32, bytes: usize, step: usize, y: usize): void {
  for (let a = 0; a < A; a++) {
    let to = y + (<usize> a) * bytes;
    for (let b = 0; b < B; b++) {
      memory.copy(to, x, bytes);
      x += bytes;
      to += step;
    }
  }
}

/** Four by four words at a time. */
function turnWords(x: usize, A: i32, B: i32, step: usize, y: usize): void {
  const from = (<usize> B) << 2;
  let a = 0;
  for (; a + 4 <= A; a += 4) {
    let row = x + (<usize> a) * from, to = y + ((<usize> a) << 2), b = 0;
    for (; b + 4 <= B; b += 4) {
      const r0 = v128.load(row), r1 = v128.load(row + from);
      const r2 = v128.load(row + 2 * from), r3 = v128.load(row + 3 * from);
      const low01 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5),
        high01 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7);
      const low23 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5),
        high23 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<u32>(low01, low23, 0, 1, 4, 5));
      v128.store(to + step, v128.shuffle<u32>(low01, low23, 2, 3, 6, 7));
      v128.store(to + 2 * step, v128.shuffle<u32>(high01, high23, 0, 1, 4, 5));
      v128.store(to + 3 * step, v128.shuffle<u32>(high01, high23, 2, 3, 6, 7));
      row += 16;
      to += 4 * step;
    }
    for (; b < B; b++) {
      for (let i: usize = 0; i < 4; i++) store<u32>(to + 4 * i, load<u32>(row + i * from));
      row += 4;
      to += step;
    }
  }
  for (; a < A; a++) {
    let row = x + (<usize> a) * from, to = y + ((<usize> a) << 2);
    for (let b = 0; b < B; b++) {
      store<u32>(to, load<u32>(row));
      row += 4;
      to += step;
    }
  }
}
