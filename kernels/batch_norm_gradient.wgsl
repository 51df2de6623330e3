// batch_norm_gradient: gradients of batch_norm, with n = (x - mean) / sqrt(variance + epsilon):
//   dbeta = sum of dy, dgamma = sum of dy n,
//   dx = gamma / sqrt(variance + epsilon) (dy - (dbeta + n dgamma) / rows)
//   dy, x, dx [rows, columns] f32 row-major     gamma, mean, variance, dgamma, dbeta [columns] f32
//   entry block_sums: dy, x, mean, variance read; partial [blocks, 2, columns] written: both sums
//     over 256 rows
//     one workgroup per block and 32 columns, 8 lanes and a tree sum per column
//     dispatch blocks x ceil(columns / 32), folded
//   entry parameter_gradients: partial read; dgamma, dbeta written, blocks added in order
//     dispatch ceil(columns / 64), folded
//   entry input_gradient: all others read; dx written     dispatch ceil(size / 256), folded
//   order fixed by the shape alone, so reruns are bit-identical; rows >= 1, columns >= 1
const COLUMNS = 32u;
const LANES = 8u;
const ROWS = 256u;

struct Sizes {
  rows: u32,
  columns: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;
@group(0) @binding(6) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(7) var<storage, read_write> dbeta: array<f32>;
@group(0) @binding(8) var<storage, read_write> dx: array<f32>;
@group(0) @binding(9) var<uniform> sizes: Sizes;

// include column_lanes.wgsl
alias LaneValue = vec2<f32>;

@compute @workgroup_size(COLUMNS, LANES)
fn block_sums(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let across = (sizes.columns + COLUMNS - 1u) / COLUMNS;
  let index = group.x + group.y * groups.x;
  let block = index / across;
  let column = (index % across) * COLUMNS + local.x;
  let start = min(block * ROWS, sizes.rows);
  let end = min(start + ROWS, sizes.rows);
  let inside = column < sizes.columns && start < end;

  var sums = vec2<f32>(0.0, 0.0); // dy n, dy
  if (inside) {
    let inverse = 1.0 / sqrt(variance[column] + sizes.epsilon);
    for (var r = start + local.y; r < end; r += LANES) {
      let i = r * sizes.columns + column;
      sums += dy[i] * vec2<f32>((x[i] - mean[column]) * inverse, 1.0);
    }
  }
  sums = column_lanes_sum(sums, local.xy);
  if (inside && local.y == 0u) {
    partial[2u * block * sizes.columns + column] = sums.x;
    partial[(2u * block + 1u) * sizes.columns + column] = sums.y;
  }
}

@compute @workgroup_size(64)
fn parameter_gradients(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column = (group.x + group.y * groups.x) * 64u + lane;
  if (column >= sizes.columns) {
    return;
  }
  var sums = vec2<f32>(0.0, 0.0);
  for (var start = 0u; start < sizes.rows; start += ROWS) {
    let block = start / ROWS;
    sums += vec2<f32>(
      partial[2u * block * sizes.columns + column],
      partial[(2u * block + 1u) * sizes.columns + column],
    );
  }
  dgamma[column] = sums.x;
  dbeta[column] = sums.y;
}

@compute @workgroup_size(256)
fn input_gradient(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 256u + lane;
  if (i >= sizes.rows * sizes.columns) {
    return;
  }
  let column = i % sizes.columns;
  let inverse = 1.0 / sqrt(variance[column] + sizes.epsilon);
  let normalised = (x[i] - mean[column]) * inverse;
  let mean_part = (dbeta[column] + normalised * dgamma[column]) / f32(sizes.rows);
  dx[i] = gamma[column] * inverse * (dy[i] - mean_part);
}
