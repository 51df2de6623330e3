// batch_norm: y = (x - mean) / sqrt(variance + epsilon) gamma + beta, mean and variance over the
// rows
//   x, y [rows, columns] f32 row-major     gamma, beta, mean, variance [columns] f32
//   variance divides by rows
//   entry block_moments: x read; partial [blocks, 2, columns] written: mean and sum of squared
//     deviations of 256 rows
//     one workgroup per block and 32 columns, 8 lanes and a tree sum per column
//     dispatch blocks x ceil(columns / 32), folded
//   entry moments: partial read; mean, variance written
//     one invocation per column joins the blocks in order (Chan, Golub, LeVeque 1979): deviations
//     never cancel
//     dispatch ceil(columns / 64), folded
//   entry normalise: x, gamma, beta, mean, variance read; y written
//     dispatch ceil(size / 256), folded
//   order fixed by the shape alone, so reruns are bit-identical; rows >= 1, columns >= 1
const COLUMNS = 32u;
const LANES = 8u;
const ROWS = 256u;

struct Sizes {
  rows: u32,
  columns: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> variance: array<f32>;
@group(0) @binding(4) var<storage, read> gamma: array<f32>;
@group(0) @binding(5) var<storage, read> beta: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

// include column_lanes.wgsl
alias LaneValue = f32;

@compute @workgroup_size(COLUMNS, LANES)
fn block_moments(
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

  var sum = 0.0;
  if (inside) {
    for (var r = start + local.y; r < end; r += LANES) {
      sum += x[r * sizes.columns + column];
    }
  }
  let block_mean = column_lanes_sum(sum, local.xy) / f32(max(end - start, 1u));
  var squares = 0.0;
  if (inside) {
    for (var r = start + local.y; r < end; r += LANES) {
      let deviation = x[r * sizes.columns + column] - block_mean;
      squares += deviation * deviation;
    }
  }
  let block_squares = column_lanes_sum(squares, local.xy);
  if (inside && local.y == 0u) {
    partial[2u * block * sizes.columns + column] = block_mean;
    partial[(2u * block + 1u) * sizes.columns + column] = block_squares;
  }
}

@compute @workgroup_size(64)
fn moments(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column = (group.x + group.y * groups.x) * 64u + lane;
  if (column >= sizes.columns) {
    return;
  }
  var count = 0.0;
  var joint_mean = 0.0;
  var squares = 0.0;
  for (var start = 0u; start < sizes.rows; start += ROWS) {
    let block = start / ROWS;
    let more = f32(min(ROWS, sizes.rows - start));
    let difference = partial[2u * block * sizes.columns + column] - joint_mean;
    let total = count + more;
    joint_mean += difference * (more / total);
    squares += partial[(2u * block + 1u) * sizes.columns + column] +
      difference * difference * (count * (more / total));
    count = total;
  }
  mean[column] = joint_mean;
  variance[column] = squares / count;
}

@compute @workgroup_size(256)
fn normalise(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 256u + lane;
  if (i >= sizes.rows * sizes.columns) {
    return;
  }
  let column = i % sizes.columns;
  let scale = gamma[column] / sqrt(variance[column] + sizes.epsilon);
  y[i] = (x[i] - mean[column]) * scale + beta[column];
}
