// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// elementwise: y = a op b over rows x columns, where b is as large as a, one row,
// or one value a row
//   op: 0 a + b, 1 a - b, 2 a b, 3 a / b, 4 b - a, 5 b / a
//   spread: 0 b [rows, columns], 1 b [columns], 2 b [rows]. y may be a.

function apply4(op: i32, a: v128, b: v128): v128 {
  if (op == 0) return f32x4.add(a, b);
  if (op == 2) return f32x4.mul(a, b);
  if (op == 1) return f32x4.sub(a, b);
  if (op == 3) return f32x4.div(a, b);
  if (op == 4) return f32x4.sub(b, a);
  return f32x4.div(b, a);
}

function apply1(op: i32, a: f32, b: f32): f32 {
  return f32x4.extract_lane(apply4(op, f32x4.splat(a), f32x4.splat(b)), 0);
}

export function binary(
  op: i32,
  spread: i32,
  a: usize,
  b: usize,
  rows: i32,
  columns: i32,
  y: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let from = b, j = 0;
    if (spread == 2) {
      const value = load<f32>(b);
      const value4 = f32x4.splat(value);
      for (; j + 4 <= columns; j += 4) {
        v128.store(y, apply4(op, v128.load(a), value4));
        a += 16;
        y += 16;
      }
      for (; j < columns; j++) {
        store<f32>(y, apply1(op, load<f32>(a), value));
        a += 4;
        y += 4;
      }
      b += 4;
    } else {
      for (; j + 4 <= columns; j += 4) {
        v128.store(y, apply4(op, v128.load(a), v128.load(from)));
        a += 16;
        y += 16;
        from += 16;
      }
      for (; j < columns; j++) {
        store<f32>(y, apply1(op, load<f32>(a), load<f32>(from)));
        a += 4;
        y += 4;
        from += 4;
      }
      if (spread == 0) b = from;
    }
  }
}

/** y [count] += x [count]. */
export function accumulate(x: usize, y: usize, count: i32): void {
  binary(0, 0, y, x, 1, count, y);
}
