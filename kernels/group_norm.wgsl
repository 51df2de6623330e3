// group_norm: y = activation((x - mean) scale gamma[c] + beta[c]), each group of a sequence with moments of its own
//   x, y [R, T, C] f32 row-major     gamma, beta [C] f32; a group is C / groups channels over all of T
//   scale = 1 / sqrt(variance + epsilon), or with BESIDE 1 / (sqrt(variance) + epsilon); variance divides by the count
//   one workgroup per group: lanes stride over its values, the mean first, then the squared deviations, tree sums
//   layer norm and channel norm are T = 1, groups = 1     ACTIVATION as in bias_activation.wgsl
//   order fixed by WORKGROUP and the shape alone, so reruns are bit-identical
//   dispatch R x groups, folded; R, T >= 1, groups divides C
override WORKGROUP: u32 = 32u;
override BESIDE: bool = false;
override ACTIVATION: u32 = 0u;

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

fn activate(z: f32) -> f32 {
  if (ACTIVATION == 1u) {
    return select(z, 0.0, z < 0.0);
  }
  if (ACTIVATION == 2u) {
    return 1.0 / (1.0 + exp(-z));
  }
  return z;
}

// Where a lane stands in its group: every WORKGROUP-th value, in the order of memory. No divisions on the way.
struct Walk {
  at: u32,
  c: u32, // channel in the group
}

fn walk_from(start: u32, lane: u32, width: u32) -> Walk {
  return Walk(start + (lane / width) * sizes.C + lane % width, lane % width);
}

fn step(walk: ptr<function, Walk>, rows: u32, columns: u32, width: u32) {
  (*walk).at += rows * sizes.C + columns;
  (*walk).c += columns;
  if ((*walk).c >= width) {
    (*walk).c -= width;
    (*walk).at += sizes.C - width;
  }
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
