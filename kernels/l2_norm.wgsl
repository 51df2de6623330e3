// l2_norm: y[r] = square root of the sum of squares of x[r, 0..columns)
//   x [rows, columns] f32 row-major, read     y [rows] f32, write
//   one workgroup per row; lanes stride over the columns, then a tree sum in shared memory
//   summation order is fixed by WORKGROUP and columns alone, so reruns are bit-identical
//   dispatch rows, folded; any rows, columns >= 1
override WORKGROUP: u32 = 64u;

struct Sizes {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

// include lanes.wgsl
alias LaneValue = f32;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  var sum = 0.0;
  if (row < sizes.rows) {
    for (var c = lane; c < sizes.columns; c += WORKGROUP) {
      let value = x[row * sizes.columns + c];
      sum += value * value;
    }
  }
  sum = lane_sum(sum, lane);
  if (lane == 0u && row < sizes.rows) {
    y[row] = sqrt(sum);
  }
}
