// crop_mean_gradient: dx[b, n, i] = dy[b, i] / crops
//   dy [videos, inner] f32 row-major, read     dx [videos, crops, inner] f32, write
//   one invocation per element of dx; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;

struct Sizes {
  size: u32,
  crops: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * WORKGROUP + lane;
  if (i < sizes.size) {
    let video = i / (sizes.crops * sizes.inner);
    dx[i] = dy[video * sizes.inner + i % sizes.inner] / f32(sizes.crops);
  }
}
