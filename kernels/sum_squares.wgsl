// sum_squares: sums[p] = sum of squares of tensor p, for the global norm and the check for NaN and
// infinity
//   entry partial_sums, once per tensor p: x [size] f32, read;
//     partial [P, 64] f32, row p written: workgroup w
//     sums the elements w 256 + lane, + 64 256, ... and writes partial[p, w]
//       dispatch (64, 1, 1)
//   entry total: partial [P, 64], read; sums [P] f32, write; one workgroup per tensor
//     dispatch P, folded
//   two passes and trees in shared memory, no float atomics: the order is fixed by the size alone;
//   NaN or infinity anywhere in x make sums[p] NaN or infinite
const WORKGROUP = 256u;
const GROUPS = 64u;

struct Sizes {
  size: u32,
  tensor: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

// include lanes.wgsl
alias LaneValue = f32;

@compute @workgroup_size(WORKGROUP)
fn partial_sums(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  var sum = 0.0;
  for (var i = group.x * WORKGROUP + lane; i < sizes.size; i += GROUPS * WORKGROUP) {
    sum += x[i] * x[i];
  }
  sum = lane_sum(sum, lane);
  if (lane == 0u) {
    partial[sizes.tensor * GROUPS + group.x] = sum;
  }
}

@compute @workgroup_size(WORKGROUP)
fn total(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let p = group.x + group.y * groups.x;
  var sum = 0.0;
  if (lane < GROUPS) {
    sum = partial[p * GROUPS + lane];
  }
  sum = lane_sum(sum, lane);
  if (lane == 0u && p < arrayLength(&sums)) {
    sums[p] = sum;
  }
}
