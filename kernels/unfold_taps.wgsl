// unfold_taps: g[r, t, k, o] = dz[r, t - (k - centre) dilation, o], 0 where that lies outside 0..T
//   the gradient of fold_taps: with it both gradients of a convolution over time are one product each
//   dz [R, T, outputs] f32 row-major, read     g [R, T, taps, outputs] f32, write
//   one invocation per element of g; dispatch ceil(size / 256), folded; any size, taps odd
override WORKGROUP: u32 = 256u;

struct Sizes {
  size: u32,
  snippets: u32,
  outputs: u32,
  taps: u32,
  dilation: u32,
}

@group(0) @binding(0) var<storage, read> dz: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

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
  let k = (i / sizes.outputs) % sizes.taps;
  let row = i / sizes.outputs / sizes.taps; // of all sequences
  let shift = (i32(k) - i32(sizes.taps / 2u)) * i32(sizes.dilation);
  let origin = i32(row % sizes.snippets) - shift;
  if (origin >= 0 && origin < i32(sizes.snippets)) {
    g[i] = dz[u32(i32(row) - shift) * sizes.outputs + output];
  } else {
    g[i] = 0.0;
  }
}
