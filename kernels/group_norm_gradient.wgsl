// group_norm_gradient: gradients of group_norm before its activation, with n = (x - mean) scale per group:
//   dx = (gamma dz - mean(gamma dz) - slope mean(gamma dz n)) scale     products = dz n, whose column sums are dgamma
//   slope = n, or with BESIDE (x - mean) / sqrt(variance), which at variance 0 is the uniform `at_zero`: NaN or 0
//   dz, x, dx, products [R, T, C] f32 row-major     gamma [C] f32
//   one workgroup per group: mean, squared deviations, both sums, then the values; tree sums
//   order fixed by WORKGROUP and the shape alone, so reruns are bit-identical
//   dispatch R x groups, folded; R, T >= 1, groups divides C
// include group_walk.wgsl
override WORKGROUP: u32 = 32u;
override BESIDE: bool = false;

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

var<workgroup> tree: array<vec2<f32>, WORKGROUP>;

// The sums of the lanes' values, for all of them.
fn sum_of_lanes(value: vec2<f32>, lane: u32) -> vec2<f32> {
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
  let mean = sum_of_lanes(vec2<f32>(sum, 0.0), lane).x / f32(count);
  var squares = 0.0;
  walk = walk_from(start, lane, width);
  for (var i = lane; i < count; i += WORKGROUP) {
    let deviation = x[walk.at] - mean;
    squares += deviation * deviation;
    step(&walk, rows, columns, width);
  }
  let variance = sum_of_lanes(vec2<f32>(squares, 0.0), lane).x / f32(count);
  let scale = 1.0 / select(sqrt(variance + sizes.epsilon), sqrt(variance) + sizes.epsilon, BESIDE);

  var sums = vec2<f32>(0.0, 0.0); // gamma dz, gamma dz n
  walk = walk_from(start, lane, width);
  for (var i = lane; i < count; i += WORKGROUP) {
    let at = walk.at;
    let normalised = (x[at] - mean) * scale;
    let scaled = dz[at] * gamma[first + walk.c];
    sums += scaled * vec2<f32>(1.0, normalised);
    step(&walk, rows, columns, width);
  }
  let means = sum_of_lanes(sums, lane) / f32(count);
  walk = walk_from(start, lane, width);
  for (var i = lane; i < count; i += WORKGROUP) {
    let at = walk.at;
    let centred = x[at] - mean;
    let normalised = centred * scale;
    var slope = normalised;
    if (BESIDE) {
      slope = sizes.at_zero;
      if (variance != 0.0) {
        slope = centred / sqrt(variance);
      }
    }
    let scaled = dz[at] * gamma[first + walk.c];
    dx[at] = (scaled - means.x - slope * means.y) * scale;
    products[at] = dz[at] * normalised;
    step(&walk, rows, columns, width);
  }
}
