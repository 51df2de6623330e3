// matrix_product: y[z] = dropout(activation(a[z] b[z] + bias)), tiled
//   y [depth, M, N] f32 row-major, write     bias [N] f32, read (any buffer where BIAS is 0)
//   state as in philox.wgsl, read (any buffer where DROPOUT is 0)
//   a [depth, M, K] f32, or with TRANSPOSE_A [depth, K, M]
//   b [depth, K, N] f32, or with TRANSPOSE_B [depth, N, K]
//   WINDOWS 1: a stands for the matrix [R T, taps C] of what a convolution over time sees: position
//     p = r T + t, column k C + c is x[r, t + first + k step, c], 0 outside of 0..T; a is
//     x [R, T, C] and is not copied
//   WINDOWS 2: likewise for a convolution of x [N, T, H, W, C] with kernels kt x kh x kw: position
//     ((n ot + t) oh + h) ow + w, column ((a kh + b) kw + d) C + c is
//     x[n, t st - pt + a, h sh - ph + b, w sw - pw + d, c]; not with TRANSPOSE_A
//   slices > 1: z counts slices of `share` terms of the inner axis instead; their sums are added by
//     the caller
//   `piece` terms are summed before their sum joins the output's: a single chain of K additions
//     loses digits as sqrt(K), the two chains of pieces as sqrt(piece + K / piece); a multiple of
//     what a tile holds
//   one workgroup of 16 x 16 per tile of 64 GROUPS rows and columns, 4 GROUPS x 4 GROUPS outputs an
//     invocation; the next part of the operands is fetched while this one is multiplied
//   Stored: what the tiles hold, f32 or f16; sums are f32 always, in the order of the inner axis,
//     so reruns are bit-identical
//   dispatch (ceil(N / tile), ceil(M / tile), depth or slices); any sizes
// include activation.wgsl
// include product_storage.wgsl
// include dropout_factors.wgsl
override GROUPS: u32 = 2u;
override TRANSPOSE_A: u32 = 0u;
override TRANSPOSE_B: u32 = 0u;
override WINDOWS: u32 = 0u;
override BIAS: u32 = 0u;
override DROPOUT: u32 = 0u;


struct Sizes {
  M: u32,
  N: u32,
  K: u32,
  // elements from one matrix to the next; 0 where all products share it
  next_a: u32,
  next_b: u32,
  slices: u32,
  share: u32,
  piece: u32,
  T: u32,
  C: u32,
  first: i32,
  step: i32,
  H: u32,
  W: u32,
  kh: u32,
  kw: u32,
  st: u32,
  sh: u32,
  sw: u32,
  pt: u32,
  ph: u32,
  pw: u32,
  ot: u32,
  oh: u32,
  ow: u32,
  stream: u32,
  threshold: u32,
  keep: f32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

// DEPTH rows of 16 GROUPS vectors, each row one vector apart from a multiple of the banks.
const ROOM = 272u;
var<workgroup> tile_a: array<Stored, ROOM>;
var<workgroup> tile_b: array<Stored, ROOM>;

const OFFSETS = vec4<u32>(0u, 1u, 2u, 3u);

// Terms m, m + 1, m + 2, m + 3 of the first operand at k; zeros outside.
fn fetch_a(start: u32, m: u32, k: u32, end: u32) -> vec4<f32> {
  let rows = vec4<u32>(m) + OFFSETS;
  var inside = (rows < vec4<u32>(sizes.M)) & vec4<bool>(k < end);
  var at: vec4<u32>;
  if (WINDOWS == 1u) {
    let position = select(rows, vec4<u32>(k), TRANSPOSE_A == 1u);
    let column = select(vec4<u32>(k), rows, TRANSPOSE_A == 1u);
    let tap = column / sizes.C;
    let t = position % sizes.T;
    let seen = vec4<i32>(t) + vec4<i32>(sizes.first) + vec4<i32>(tap) * sizes.step;
    inside &= (seen >= vec4<i32>(0)) & (seen < vec4<i32>(i32(sizes.T)));
    at = (position - t + vec4<u32>(seen)) * sizes.C + column - tap * sizes.C;
  } else if (WINDOWS == 2u) {
    // Places before the first wrap around to numbers beyond the last.
    let c = k % sizes.C;
    var tap = k / sizes.C;
    let d = tap % sizes.kw;
    tap /= sizes.kw;
    let w = (rows % sizes.ow) * sizes.sw + (d - sizes.pw);
    var rest = rows / sizes.ow;
    let h = (rest % sizes.oh) * sizes.sh + (tap % sizes.kh - sizes.ph);
    rest /= sizes.oh;
    let t = (rest % sizes.ot) * sizes.st + (tap / sizes.kh - sizes.pt);
    inside &= (t < vec4<u32>(sizes.T)) & (h < vec4<u32>(sizes.H)) & (w < vec4<u32>(sizes.W));
    at = (((rest / sizes.ot * sizes.T + t) * sizes.H + h) * sizes.W + w) * sizes.C + c;
  } else if (TRANSPOSE_A == 1u) {
    at = k * sizes.M + rows;
  } else {
    at = rows * sizes.K + k;
  }
  at += start;
  var terms = vec4<f32>(0.0);
  if (inside.x) { terms.x = a[at.x]; }
  if (inside.y) { terms.y = a[at.y]; }
  if (inside.z) { terms.z = a[at.z]; }
  if (inside.w) { terms.w = a[at.w]; }
  return terms;
}

// Terms n, n + 1, n + 2, n + 3 of the second operand at k; zeros outside.
fn fetch_b(start: u32, n: u32, k: u32, end: u32) -> vec4<f32> {
  let columns = vec4<u32>(n) + OFFSETS;
  let inside = (columns < vec4<u32>(sizes.N)) & vec4<bool>(k < end);
  let at = start + select(k * sizes.N + columns, columns * sizes.K + k, TRANSPOSE_B == 1u);
  var terms = vec4<f32>(0.0);
  if (inside.x) { terms.x = b[at.x]; }
  if (inside.y) { terms.y = b[at.y]; }
  if (inside.z) { terms.z = b[at.z]; }
  if (inside.w) { terms.w = b[at.w]; }
  return terms;
}

fn random_state() -> vec3<u32> {
  return vec3(state[0], state[1], state[2]);
}

// Four outputs of row m from column n on.
fn put(z: u32, m: u32, n: u32, sums: vec4<f32>) {
  if (m >= sizes.M || n >= sizes.N) {
    return;
  }
  let at = (z * sizes.M + m) * sizes.N + n;
  var share = vec4<f32>(1.0);
  if (DROPOUT == 1u) {
    share = factors(at);
  }
  for (var i = 0u; i < 4u; i++) {
    if (n + i < sizes.N) {
      var sum = sums[i];
      if (BIAS == 1u) {
        sum += bias[n + i];
      }
      y[at + i] = activate(sum) * share[i];
    }
  }
}

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let vectors = 16u * GROUPS;
  let depth = 16u / GROUPS;
  let stride = vectors + 1u;
  let split = sizes.slices > 1u;
  let from_k = select(0u, group.z * sizes.share, split);
  let end = select(sizes.K, min(sizes.K, from_k + sizes.share), split);
  let start_a = select(group.z * sizes.next_a, 0u, split);
  let start_b = select(group.z * sizes.next_b, 0u, split);
  let first_m = group.y * 4u * vectors;
  let first_n = group.x * 4u * vectors;

  // Neighbouring lanes fetch neighbouring elements.
  let along_k_a = TRANSPOSE_A == 0u;
  let along_k_b = TRANSPOSE_B == 1u;
  let k_a = select(lane / vectors, lane % depth, along_k_a);
  let k_b = select(lane / vectors, lane % depth, along_k_b);
  let vector_a = select(lane % vectors, lane / depth, along_k_a);
  let vector_b = select(lane % vectors, lane / depth, along_k_b);
  let m = first_m + 4u * vector_a;
  let n = first_n + 4u * vector_b;

  // Of the outputs, and of the piece at work.
  var y00 = vec4<f32>(0.0);
  var y10 = vec4<f32>(0.0);
  var y20 = vec4<f32>(0.0);
  var y30 = vec4<f32>(0.0);
  var y40 = vec4<f32>(0.0);
  var y50 = vec4<f32>(0.0);
  var y60 = vec4<f32>(0.0);
  var y70 = vec4<f32>(0.0);
  var y01 = vec4<f32>(0.0);
  var y11 = vec4<f32>(0.0);
  var y21 = vec4<f32>(0.0);
  var y31 = vec4<f32>(0.0);
  var y41 = vec4<f32>(0.0);
  var y51 = vec4<f32>(0.0);
  var y61 = vec4<f32>(0.0);
  var y71 = vec4<f32>(0.0);
  var c00 = vec4<f32>(0.0);
  var c10 = vec4<f32>(0.0);
  var c20 = vec4<f32>(0.0);
  var c30 = vec4<f32>(0.0);
  var c40 = vec4<f32>(0.0);
  var c50 = vec4<f32>(0.0);
  var c60 = vec4<f32>(0.0);
  var c70 = vec4<f32>(0.0);
  var c01 = vec4<f32>(0.0);
  var c11 = vec4<f32>(0.0);
  var c21 = vec4<f32>(0.0);
  var c31 = vec4<f32>(0.0);
  var c41 = vec4<f32>(0.0);
  var c51 = vec4<f32>(0.0);
  var c61 = vec4<f32>(0.0);
  var c71 = vec4<f32>(0.0);

  var next_a = fetch_a(start_a, m, from_k + k_a, end);
  var next_b = fetch_b(start_b, n, from_k + k_b, end);
  var k = from_k;
  while (k < end) {
    let stop = min(k + sizes.piece, end);
    for (; k < stop; k += depth) {
      tile_a[k_a * stride + vector_a] = Stored(next_a);
      tile_b[k_b * stride + vector_b] = Stored(next_b);
      workgroupBarrier();
      next_a = fetch_a(start_a, m, k + depth + k_a, end);
      next_b = fetch_b(start_b, n, k + depth + k_b, end);
      for (var i = 0u; i < depth; i++) {
        let a0 = vec4<f32>(tile_a[i * stride + local.y]);
        let b0 = vec4<f32>(tile_b[i * stride + local.x]);
        c00 += a0.x * b0;
        c10 += a0.y * b0;
        c20 += a0.z * b0;
        c30 += a0.w * b0;
        if (GROUPS == 2u) {
          let a1 = vec4<f32>(tile_a[i * stride + 16u + local.y]);
          let b1 = vec4<f32>(tile_b[i * stride + 16u + local.x]);
          c01 += a0.x * b1;
          c11 += a0.y * b1;
          c21 += a0.z * b1;
          c31 += a0.w * b1;
          c40 += a1.x * b0;
          c50 += a1.y * b0;
          c60 += a1.z * b0;
          c70 += a1.w * b0;
          c41 += a1.x * b1;
          c51 += a1.y * b1;
          c61 += a1.z * b1;
          c71 += a1.w * b1;
        }
      }
      workgroupBarrier();
    }
    y00 += c00;
    y10 += c10;
    y20 += c20;
    y30 += c30;
    c00 = vec4<f32>(0.0);
    c10 = vec4<f32>(0.0);
    c20 = vec4<f32>(0.0);
    c30 = vec4<f32>(0.0);
    if (GROUPS == 2u) {
      y40 += c40;
      y50 += c50;
      y60 += c60;
      y70 += c70;
      y01 += c01;
      y11 += c11;
      y21 += c21;
      y31 += c31;
      y41 += c41;
      y51 += c51;
      y61 += c61;
      y71 += c71;
      c40 = vec4<f32>(0.0);
      c50 = vec4<f32>(0.0);
      c60 = vec4<f32>(0.0);
      c70 = vec4<f32>(0.0);
      c01 = vec4<f32>(0.0);
      c11 = vec4<f32>(0.0);
      c21 = vec4<f32>(0.0);
      c31 = vec4<f32>(0.0);
      c41 = vec4<f32>(0.0);
      c51 = vec4<f32>(0.0);
      c61 = vec4<f32>(0.0);
      c71 = vec4<f32>(0.0);
    }
  }

  let row = first_m + 4u * local.y;
  let column = first_n + 4u * local.x;
  put(group.z, row, column, y00);
  put(group.z, row + 1u, column, y10);
  put(group.z, row + 2u, column, y20);
  put(group.z, row + 3u, column, y30);
  if (GROUPS == 2u) {
    put(group.z, row, column + 64u, y01);
    put(group.z, row + 1u, column + 64u, y11);
    put(group.z, row + 2u, column + 64u, y21);
    put(group.z, row + 3u, column + 64u, y31);
    put(group.z, row + 64u, column, y40);
    put(group.z, row + 65u, column, y50);
    put(group.z, row + 66u, column, y60);
    put(group.z, row + 67u, column, y70);
    put(group.z, row + 64u, column + 64u, y41);
    put(group.z, row + 65u, column + 64u, y51);
    put(group.z, row + 66u, column + 64u, y61);
    put(group.z, row + 67u, column + 64u, y71);
  }
}
