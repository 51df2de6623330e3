// group_norm_gradient: gradients of group_norm before its activation, with n = (x - mean) scale of
// group_moments.wgsl:
//   dx = (gamma dz - mean(gamma dz) - slope mean(gamma dz n)) scale
//   products = dz n, whose column sums are dgamma
//   slope = n, or with BESIDE (x - mean) / sqrt(variance), which at variance 0 is the uniform
//     `at_zero`: NaN or 0
//   dz, x, dx, products [R, T, C] f32 row-major     gamma [C] f32
//   one workgroup per group; order fixed by WORKGROUP and the shape alone, so reruns are
//     bit-identical
//   dispatch R x groups, folded; R, T >= 1, groups divides C
// include group_moments.wgsl

struct Sizes {
  blocks: u32, // R x groups
  groups: u32,
  T: u32,
  C: u32,
  epsilon: f32,
  at_zero: f32,
}

@group(0) @binding(0) var<storage, read> dz: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<storage, read_write> products: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

// include lanes.wgsl
alias LaneValue = vec2<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) ids: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = id.x + id.y * ids.x;
  if (block >= sizes.blocks) {
    return;
  }
  let group = group_of(block);
  let found = moments(group, lane);
  var sums = vec2<f32>(0.0, 0.0); // gamma dz, gamma dz n
  var walk = walk_from(group, lane);
  for (var i = lane; i < group.count; i += WORKGROUP) {
    let normalised = (x[walk.at] - found.mean) * found.scale;
    sums += dz[walk.at] * gamma[walk.c] * vec2<f32>(1.0, normalised);
    step(&walk, group);
  }
  let means = lane_sum(sums, lane) / f32(group.count);
  walk = walk_from(group, lane);
  for (var i = lane; i < group.count; i += WORKGROUP) {
    let at = walk.at;
    let centred = x[at] - found.mean;
    let normalised = centred * found.scale;
    var slope = normalised;
    if (BESIDE) {
      slope = sizes.at_zero;
      if (found.variance != 0.0) {
        slope = centred / sqrt(found.variance);
      }
    }
    dx[at] = (dz[at] * gamma[walk.c] - means.x - slope * means.y) * found.scale;
    products[at] = dz[at] * normalised;
    step(&walk, group);
  }
}
