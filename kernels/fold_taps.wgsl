// fold_taps: y[r, t, o] = activation(bias[o] + sum over k of p[r, t + (k - centre) dilation, k, o])
//   the second half of a convolution over time: p = x weight for all taps at once, here the taps are shifted
//   to where they belong and added; what lies outside 0..T counts as 0
//   p [R, T, taps, outputs] f32 row-major, read     bias [outputs] f32, read     y [R, T, outputs] f32, write
//   ACTIVATION 0 none, 1 relu, 2 sigmoid; relu(NaN) is NaN, so that a broken run is seen
//   one invocation per output; taps are added in order, so reruns are bit-identical
//   dispatch ceil(size / 256), folded; any size, taps odd
override WORKGROUP: u32 = 256u;
override ACTIVATION: u32 = 0u;

struct Sizes {
  size: u32,
  snippets: u32,
  outputs: u32,
  taps: u32,
  dilation: u32,
}

@group(0) @binding(0) var<storage, read> p: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn activate(z: f32) -> f32 {
  if (ACTIVATION == 1u) {
    return select(z, 0.0, z < 0.0);
  }
  if (ACTIVATION == 2u) {
    return 1.0 / (1.0 + exp(-z));
  }
  return z;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * WORKGROUP + lane;
  if (i >= sizes.size) {
    return;
  }
  let output = i % sizes.outputs;
  let row = i / sizes.outputs; // of all sequences
  let t = i32(row % sizes.snippets);
  let centre = i32(sizes.taps / 2u);
  var sum = 0.0;
  for (var k = 0; k < i32(sizes.taps); k++) {
    let shift = (k - centre) * i32(sizes.dilation);
    let origin = t + shift;
    if (origin >= 0 && origin < i32(sizes.snippets)) {
      let origin_row = u32(i32(row) + shift);
      sum += p[(origin_row * sizes.taps + u32(k)) * sizes.outputs + output];
    }
  }
  y[i] = activate(sum + bias[output]);
}
