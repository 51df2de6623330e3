// sum_squares: sums[p] = sum of squares of tensor p, for the global norm and the check for NaN and
// infinity
//   entry partial_sums, once for seven tensors p = first .. first + 6, as many as kernels may bind
//     beside partial: x0 .. x6 [size0 .. size6] f32, read;
//     partial [P, 64] f32, row p written: workgroup w
//     sums the elements w 256 + lane, + 64 256, ... and writes partial[p, w]
//       dispatch (64, tensors, 1)
//   entry total: partial [P, 64], read; sums [P] f32, write; one workgroup per tensor
//     dispatch P, folded
//   two passes and trees in shared memory, no float atomics: the order is fixed by the size alone;
//   NaN or infinity anywhere in x make sums[p] NaN or infinite
const WORKGROUP = 256u;
const GROUPS = 64u;

struct Sizes {
  first: u32,
  size0: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  size5: u32,
  size6: u32,
}

@group(0) @binding(0) var<storage, read> x0: array<f32>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> x2: array<f32>;
@group(0) @binding(3) var<storage, read> x3: array<f32>;
@group(0) @binding(4) var<storage, read> x4: array<f32>;
@group(0) @binding(5) var<storage, read> x5: array<f32>;
@group(0) @binding(6) var<storage, read> x6: array<f32>;
@group(0) @binding(7) var<storage, read_write> partial: array<f32>;
@group(0) @binding(8) var<storage, read_write> sums: array<f32>;
@group(0) @binding(9) var<uniform> sizes: Sizes;

// include lanes.wgsl
alias LaneValue = f32;

fn size_of(tensor: u32) -> u32 {
  switch tensor {
    case 0u: {
      return sizes.size0;
    }
    case 1u: {
      return sizes.size1;
    }
    case 2u: {
      return sizes.size2;
    }
    case 3u: {
      return sizes.size3;
    }
    case 4u: {
      return sizes.size4;
    }
    case 5u: {
      return sizes.size5;
    }
    default: {
      return sizes.size6;
    }
  }
}

fn value(tensor: u32, i: u32) -> f32 {
  switch tensor {
    case 0u: {
      return x0[i];
    }
    case 1u: {
      return x1[i];
    }
    case 2u: {
      return x2[i];
    }
    case 3u: {
      return x3[i];
    }
    case 4u: {
      return x4[i];
    }
    case 5u: {
      return x5[i];
    }
    default: {
      return x6[i];
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn partial_sums(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let size = size_of(group.y);
  var sum = 0.0;
  for (var i = group.x * WORKGROUP + lane; i < size; i += GROUPS * WORKGROUP) {
    let x = value(group.y, i);
    sum += x * x;
  }
  sum = lane_sum(sum, lane);
  if (lane == 0u) {
    partial[(sizes.first + group.y) * GROUPS + group.x] = sum;
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
