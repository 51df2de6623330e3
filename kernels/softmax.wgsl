// softmax: y[m, s] = e^(x[m, s] - most) / sum over the first `length` values of row m, 0 behind
// them
//   x, y, dy, dx [M, S] f32 row-major
//   lengths [groups] i32, of M / groups rows each; not looked at without LENGTHS
//   entry forward: x, lengths read; y written; a row of length 0 is the uniform `undefined`, NaN
//   entry gradient: dx = y (dy - sum of dy y); dy, y read; dx written
//   one workgroup per row: lanes stride over its values, tree sums
//   order fixed by WORKGROUP and the shape alone, so reruns are bit-identical
//   dispatch M, folded; any M, S >= 1
override WORKGROUP: u32 = 32u;
override LENGTHS: bool = false;
const LEAST = -3.4028234e38;

struct Sizes {
  rows: u32,
  columns: u32,
  rows_each: u32, // of one length
  undefined: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> lengths: array<i32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

// include lanes.wgsl
alias LaneValue = f32;

@compute @workgroup_size(WORKGROUP)
fn forward(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  if (row >= sizes.rows) {
    return;
  }
  let start = row * sizes.columns;
  var length = sizes.columns;
  if (LENGTHS) {
    length = min(u32(max(lengths[row / sizes.rows_each], 0)), sizes.columns);
  }
  var most = LEAST;
  for (var s = lane; s < length; s += WORKGROUP) {
    most = max(most, x[start + s]);
  }
  most = lane_max(most, lane);
  var sum = 0.0;
  for (var s = lane; s < length; s += WORKGROUP) {
    sum += exp(x[start + s] - most);
  }
  sum = lane_sum(sum, lane);
  for (var s = lane; s < sizes.columns; s += WORKGROUP) {
    var share = 0.0;
    if (s < length) {
      share = exp(x[start + s] - most) / sum;
    } else if (length == 0u) {
      share = sizes.undefined;
    }
    y[start + s] = share;
  }
}

@compute @workgroup_size(WORKGROUP)
fn gradient(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  if (row >= sizes.rows) {
    return;
  }
  let start = row * sizes.columns;
  var sum = 0.0;
  for (var s = lane; s < sizes.columns; s += WORKGROUP) {
    sum += dy[start + s] * y[start + s];
  }
  sum = lane_sum(sum, lane);
  for (var s = lane; s < sizes.columns; s += WORKGROUP) {
    dx[start + s] = y[start + s] * (dy[start + s] - sum);
  }
}
