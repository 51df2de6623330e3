// shared_conv: depthwise convolution over time, channels of the same index mod H with the same
// taps, zeros outside
//   x, dy, y [R, T, C] f32 row-major     weight [H, K], bias [H] f32     K odd, H divides C
//   entry forward: y[r, t, c] =
//     bias[c mod H] + sum over k of weight[c mod H, k] x[r, t + k - (K - 1) / 2, c]
//     x, weight, bias read, bias only where BIAS; y written
//     one invocation per value     dispatch ceil(size / 256), folded
//   entry weight_sums: y[b, k, c] = sum of dy[row, c] x[row of tap k, c] over the 256 rows (r, t)
//     of block b
//     x, dy read; y [ceil(R T / 256), K, C] written
//     one workgroup per block, tap and 32 columns, 8 lanes and a tree sum per column
//     dispatch blocks x K x ceil(C / 32), folded
//   order fixed by the shape alone, so reruns are bit-identical
const COLUMNS = 32u;
const LANES = 8u;
const ROWS = 256u;
override BIAS: bool = false;

struct Sizes {
  rows: u32, // R T
  T: u32,
  C: u32,
  H: u32,
  K: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

// include column_lanes.wgsl
alias LaneValue = f32;

@compute @workgroup_size(256)
fn forward(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 256u + lane;
  if (i >= sizes.rows * sizes.C) {
    return;
  }
  let kernel = i % sizes.C % sizes.H;
  let t = i / sizes.C % sizes.T;
  let reach = (sizes.K - 1u) / 2u;
  var sum = 0.0;
  if (BIAS) {
    sum = bias[kernel];
  }
  for (var k = 0u; k < sizes.K; k++) {
    let moved = t + k; // of the row read, plus reach
    if (moved >= reach && moved < sizes.T + reach) {
      sum += weight[kernel * sizes.K + k] * x[i + k * sizes.C - reach * sizes.C];
    }
  }
  y[i] = sum;
}

@compute @workgroup_size(COLUMNS, LANES)
fn weight_sums(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let across = (sizes.C + COLUMNS - 1u) / COLUMNS;
  let index = group.x + group.y * groups.x;
  let block = index / (across * sizes.K);
  let k = index / across % sizes.K;
  let column = (index % across) * COLUMNS + local.x;
  let reach = (sizes.K - 1u) / 2u;

  let end = min((block + 1u) * ROWS, sizes.rows);
  var sum = 0.0;
  if (column < sizes.C) {
    for (var row = block * ROWS + local.y; row < end; row += LANES) {
      let moved = row % sizes.T + k;
      if (moved >= reach && moved < sizes.T + reach) {
        let i = row * sizes.C + column;
        sum += dy[i] * x[i + k * sizes.C - reach * sizes.C];
      }
    }
  }
  sum = column_lanes_sum(sum, local.xy);
  // Workgroups past the end come from folding the grid: their block has no row of y.
  if (local.y == 0u && column < sizes.C && block * ROWS < sizes.rows) {
    y[(block * sizes.K + k) * sizes.C + column] = sum;
  }
}
