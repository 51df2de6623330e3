// crop_mean: y[b, i] = mean over n of x[b, n, i]
//   x [videos, crops, inner] f32 row-major, read     y [videos, inner] f32, write
//   one invocation per output; crops are added in order, so reruns are bit-identical
//   dispatch ceil(size / 256) with size = videos inner, folded; any size
override WORKGROUP: u32 = 256u;

struct Sizes {
  size: u32,
  crops: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
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
  let video = i / sizes.inner;
  let start = video * sizes.crops * sizes.inner + i % sizes.inner;
  var sum = 0.0;
  for (var n = 0u; n < sizes.crops; n++) {
    sum += x[start + n * sizes.inner];
  }
  y[i] = sum / f32(sizes.crops);
}
