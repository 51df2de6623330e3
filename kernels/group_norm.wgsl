// group_norm: y = activation((x - mean) scale gamma[c] + beta[c]), each group of a sequence with
// moments of its own
//   x, y [R, T, C] f32 row-major     gamma, beta [C] f32
//   a group is C / groups channels over all of T
//   mean and scale of group_moments.wgsl; layer norm and channel norm are T = 1, groups = 1
//   one workgroup per group; order fixed by WORKGROUP and the shape alone, so reruns are
//     bit-identical
//   dispatch R x groups, folded; R, T >= 1, groups divides C
// include activation.wgsl
// include group_moments.wgsl

struct Sizes {
  blocks: u32, // R x groups
  groups: u32,
  T: u32,
  C: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

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
  var walk = walk_from(group, lane);
  for (var i = lane; i < group.count; i += WORKGROUP) {
    let normalised = (x[walk.at] - found.mean) * found.scale;
    y[walk.at] = activate(normalised * gamma[walk.c] + beta[walk.c]);
    step(&walk, group);
  }
}
