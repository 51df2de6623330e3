// group_norm: y = activation((x - mean) scale gamma[c] + beta[c]), each group of a sequence with moments of its own
//   x, y [R, T, C] f32 row-major     gamma, beta [C] f32; a group is C / groups channels over all of T
//   scale = 1 / sqrt(variance + epsilon), or with BESIDE 1 / (sqrt(variance) + epsilon); variance divides by the count
//   one workgroup per group: lanes stride over its values, the mean first, then the squared deviations, tree sums
//   layer norm and channel norm are T = 1, groups = 1
//   order fixed by WORKGROUP and the shape alone, so reruns are bit-identical
//   dispatch R x groups, folded; R, T >= 1, groups divides C
// include activation.wgsl
// include group_walk.wgsl
override WORKGROUP: u32 = 32u;
override BESIDE: bool = false;

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

var<workgroup> tree: array<f32, WORKGROUP>;

// The sum of the lanes' values, for all of them.
fn sum_of_lanes(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  tree[lane] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      tree[lane] += tree[lane + half];
    }
  }
  workgroupBarrier();
  return tree[0];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = group.x + group.y * groups.x;
  if (block >= sizes.blocks) {
    return;
  }
  let width = sizes.C / sizes.groups;
  let count = sizes.T * width;
  let first = (block % sizes.groups) * width; // channel
  let start = (block / sizes.groups) * sizes.T * sizes.C + first;
  let rows = WORKGROUP / width;
  let columns = WORKGROUP % width;

  var sum = 0.0;
  var walk = walk_from(start, lane, width);
  for (var i = lane; i < count; i += WORKGROUP) {
    sum += x[walk.at];
    step(&walk, rows, columns, width);
  }
  let mean = sum_of_lanes(sum, lane) / f32(count);
  var squares = 0.0;
  walk = walk_from(start, lane, width);
  for (var i = lane; i < count; i += WORKGROUP) {
    let deviation = x[walk.at] - mean;
    squares += deviation * deviation;
    step(&walk, rows, columns, width);
  }
  let variance = sum_of_lanes(squares, lane) / f32(count);
  let scale = 1.0 / select(sqrt(variance + sizes.epsilon), sqrt(variance) + sizes.epsilon, BESIDE);
  walk = walk_from(start, lane, width);
  for (var i = lane; i < count; i += WORKGROUP) {
    let at = walk.at;
    let c = first + walk.c;
    y[at] = activate((x[at] - mean) * scale * gamma[c] + beta[c]);
    step(&walk, rows, columns, width);
  }
}
