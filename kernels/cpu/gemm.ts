// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// gemm: C = alpha * op(A) op(B) + beta * C on row-major f32 matrices
//   op(A) [m, k], op(B) [k, n], C [m, n]; lda, ldb, ldc in elements; any size >= 0
//   panels: GEMM_PANEL_BYTES of scratch memory that the caller owns
//   depth: how many products are summed before their sum goes to C, at most KC
// Goto's scheme: B is packed in blocks of KC x NC, A in blocks of MC x KC, both in panels as wide
// as the register tile of MR x NR, so the inner loop reads two streams. Transposes are free:
// packing reads either way. The sums' order depends on k and depth alone, so reruns are
// bit-identical; relaxed_madd rounds once or twice depending on the processor. Subnormal operands
// count as 0: one of them takes as long as a hundred others.

const MR: i32 = 6;
const NR: i32 = 8;
const KC: i32 = 256;
const MC: i32 = 96; // a multiple of MR; MC x KC floats stay in the second-level cache
const NC: i32 = 1024; // a multiple of NR

/** Bytes of scratch memory that gemm needs. */
export function gemmPanelBytes(): i32 {
  return (KC * NC + MC * KC + MR * NR) << 2;
}

export function gemm(
  transA: i32,
  transB: i32,
  m: i32,
  n: i32,
  k: i32,
  alpha: f32,
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  beta: f32,
  c: usize,
  ldc: i32,
  panels: usize,
  depth: i32,
): void {
  const most = min(KC, depth);
  if (k <= 0) {
    scale(m, n, beta, c, ldc);
    return;
  }
  const packedB = panels;
  const packedA = packedB + ((<usize> (KC * NC)) << 2);
  const edge = packedA + ((<usize> (MC * KC)) << 2);
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0; pc < k; pc += most) {
      const kc = min(most, k - pc);
      const blockBeta: f32 = pc == 0 ? beta : 1;
      packB(transB, b, ldb, pc, kc, jc, nc, packedB);
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        packA(transA, alpha, a, lda, ic, mc, pc, kc, packedA);
        for (let jr = 0; jr < nc; jr += NR) {
          const panelB = packedB + ((<usize> (jr * kc)) << 2);
          for (let ir = 0; ir < mc; ir += MR) {
            const panelA = packedA + ((<usize> (ir * kc)) << 2);
            const target = c + ((<usize> (ic + ir) * <usize> ldc + <usize> (jc + jr)) << 2);
            const rows = min(MR, mc - ir), columns = min(NR, nc - jr);
            if (rows == MR && columns == NR) {
              tile(kc, panelA, panelB, target, (<usize> ldc) << 2, blockBeta);
            } else {
              tile(kc, panelA, panelB, edge, NR << 2, 0);
              storeEdge(edge, rows, columns, target, (<usize> ldc) << 2, blockBeta);
            }
          }
        }
      }
    }
  }
}

/** C = beta * C; beta = 0 overwrites whatever stood there, NaN too. */
function scale(m: i32, n: i32, beta: f32, c: usize, ldc: i32): void {
  for (let i = 0; i < m; i++) {
    const row = c + ((<usize> i * <usize> ldc) << 2);
    for (let j: usize = 0; j < <usize> n; j++) {
      const at = row + (j << 2);
      store<f32>(at, beta == 0 ? 0 : beta * load<f32>(at));
    }
  }
}

/**
 * A number as the product takes it: 0 where it is subnormal, by its bits, for arithmetic would be
 * slow.
 */
function operand(from: usize): f32 {
  const bits = load<u32>(from);
  return reinterpret<f32>(bits & 0x7f800000 ? bits : 0);
}

function operands4(x: v128): v128 {
  const exponent = v128.and(x, i32x4.splat(0x7f800000));
  return v128.and(x, i32x4.ne(exponent, i32x4.splat(0)));
}

/**
 * op(A)[ic .. ic + mc, pc .. pc + kc] as panels of MR rows: panel[p * MR + r], zeros past the last
 * row.
 */
function packA(
  transA: i32,
  alpha: f32,
  a: usize,
  lda: i32,
  ic: i32,
  mc: i32,
  pc: i32,
  kc: i32,
  out: usize,
): void {
  const rowStep: usize = transA ? 4 : (<usize> lda) << 2;
  const depthStep: usize = transA ? (<usize> lda) << 2 : 4;
  for (let ir = 0; ir < mc; ir += MR) {
    const rows = min(MR, mc - ir);
    let from = a + <usize> (ic + ir) * rowStep + <usize> pc * depthStep;
    if (rows == MR) {
      for (let p = 0; p < kc; p++) {
        store<f32>(out, alpha * operand(from));
        store<f32>(out + 4, alpha * operand(from + rowStep));
        store<f32>(out + 8, alpha * operand(from + 2 * rowStep));
        store<f32>(out + 12, alpha * operand(from + 3 * rowStep));
        store<f32>(out + 16, alpha * operand(from + 4 * rowStep));
        store<f32>(out + 20, alpha * operand(from + 5 * rowStep));
        from += depthStep;
        out += MR << 2;
      }
    } else {
      for (let p = 0; p < kc; p++) {
        for (let r = 0; r < MR; r++) {
          store<f32>(
            out + (<usize> r << 2),
            r < rows ? alpha * operand(from + <usize> r * rowStep) : 0,
          );
        }
        from += depthStep;
        out += MR << 2;
      }
    }
  }
}

/**
 * op(B)[pc .. pc + kc, jc .. jc + nc] as panels of NR columns: panel[p * NR + j], zeros past the
 * last column.
 */
function packB(
  transB: i32,
  b: usize,
  ldb: i32,
  pc: i32,
  kc: i32,
  jc: i32,
  nc: i32,
  out: usize,
): void {
  const columnStep: usize = transB ? (<usize> ldb) << 2 : 4;
  const depthStep: usize = transB ? 4 : (<usize> ldb) << 2;
  for (let jr = 0; jr < nc; jr += NR) {
    const columns = min(NR, nc - jr);
    let from = b + <usize> pc * depthStep + <usize> (jc + jr) * columnStep;
    if (columns < NR) {
      for (let p = 0; p < kc; p++) {
        for (let j = 0; j < NR; j++) {
          store<f32>(
            out + (<usize> j << 2),
            j < columns ? operand(from + <usize> j * columnStep) : 0,
          );
        }
        from += depthStep;
        out += NR << 2;
      }
    } else if (transB) {
      for (let p = 0; p < kc; p++) {
        store<f32>(out, operand(from));
        store<f32>(out + 4, operand(from + columnStep));
        store<f32>(out + 8, operand(from + 2 * columnStep));
        store<f32>(out + 12, operand(from + 3 * columnStep));
        store<f32>(out + 16, operand(from + 4 * columnStep));
        store<f32>(out + 20, operand(from + 5 * columnStep));
        store<f32>(out + 24, operand(from + 6 * columnStep));
        store<f32>(out + 28, operand(from + 7 * columnStep));
        from += 4;
        out += NR << 2;
      }
    } else {
      for (let p = 0; p < kc; p++) {
        v128.store(out, operands4(v128.load(from)));
        v128.store(out, operands4(v128.load(from, 16)), 16);
        from += depthStep;
        out += NR << 2;
      }
    }
  }
}

/**
 * C[0 .. MR, 0 .. NR] = panelA panelB + beta * C, with all of C's tile in registers. Two steps of k
 * at a time, so that A comes in three loads of four numbers: V8 checks the bounds of every load,
 * which cost as much as the arithmetic.
 */
function tile(kc: i32, a: usize, b: usize, c: usize, stride: usize, beta: f32): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  let b0 = c00, b1 = c00, x = c00, four = c00;
  const end = b + ((<usize> ((kc & ~1) * NR)) << 2);
  while (b < end) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    four = v128.load(a);
    x = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    c00 = f32x4.relaxed_madd(x, b0, c00);
    c01 = f32x4.relaxed_madd(x, b1, c01);
    x = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    c10 = f32x4.relaxed_madd(x, b0, c10);
    c11 = f32x4.relaxed_madd(x, b1, c11);
    x = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    c20 = f32x4.relaxed_madd(x, b0, c20);
    c21 = f32x4.relaxed_madd(x, b1, c21);
    x = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    c30 = f32x4.relaxed_madd(x, b0, c30);
    c31 = f32x4.relaxed_madd(x, b1, c31);
    four = v128.load(a, 16);
    x = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    c40 = f32x4.relaxed_madd(x, b0, c40);
    c41 = f32x4.relaxed_madd(x, b1, c41);
    x = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    c50 = f32x4.relaxed_madd(x, b0, c50);
    c51 = f32x4.relaxed_madd(x, b1, c51);
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    c00 = f32x4.relaxed_madd(x, b0, c00);
    c01 = f32x4.relaxed_madd(x, b1, c01);
    x = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    c10 = f32x4.relaxed_madd(x, b0, c10);
    c11 = f32x4.relaxed_madd(x, b1, c11);
    four = v128.load(a, 32);
    x = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    c20 = f32x4.relaxed_madd(x, b0, c20);
    c21 = f32x4.relaxed_madd(x, b1, c21);
    x = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    c30 = f32x4.relaxed_madd(x, b0, c30);
    c31 = f32x4.relaxed_madd(x, b1, c31);
    x = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    c40 = f32x4.relaxed_madd(x, b0, c40);
    c41 = f32x4.relaxed_madd(x, b1, c41);
    x = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    c50 = f32x4.relaxed_madd(x, b0, c50);
    c51 = f32x4.relaxed_madd(x, b1, c51);
    a += MR << 3;
    b += NR << 3;
  }
  if (kc & 1) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = v128.load32_splat(a);
    c00 = f32x4.relaxed_madd(x, b0, c00);
    c01 = f32x4.relaxed_madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = f32x4.relaxed_madd(x, b0, c10);
    c11 = f32x4.relaxed_madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = f32x4.relaxed_madd(x, b0, c20);
    c21 = f32x4.relaxed_madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = f32x4.relaxed_madd(x, b0, c30);
    c31 = f32x4.relaxed_madd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = f32x4.relaxed_madd(x, b0, c40);
    c41 = f32x4.relaxed_madd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = f32x4.relaxed_madd(x, b0, c50);
    c51 = f32x4.relaxed_madd(x, b1, c51);
  }
  storeRow(c, c00, c01, beta);
  storeRow(c + stride, c10, c11, beta);
  storeRow(c + 2 * stride, c20, c21, beta);
  storeRow(c + 3 * stride, c30, c31, beta);
  storeRow(c + 4 * stride, c40, c41, beta);
  storeRow(c + 5 * stride, c50, c51, beta);
}

function storeRow(c: usize, low: v128, high: v128, beta: f32): void {
  if (beta != 0) {
    const factor = f32x4.splat(beta);
    low = f32x4.add(low, f32x4.mul(factor, v128.load(c)));
    high = f32x4.add(high, f32x4.mul(factor, v128.load(c, 16)));
  }
  v128.store(c, low);
  v128.store(c, high, 16);
}

/** The valid part of a tile at the right or lower edge. */
function storeEdge(
  tileAt: usize,
  rows: i32,
  columns: i32,
  c: usize,
  stride: usize,
  beta: f32,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = c + <usize> i * stride + (<usize> j << 2);
      const value = load<f32>(tileAt + (<usize> (i * NR + j) << 2));
      store<f32>(at, beta == 0 ? value : value + beta * load<f32>(at));
    }
  }
}
