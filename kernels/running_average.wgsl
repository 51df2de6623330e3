// running_average: running[c] = running[c] keep + value[c] take, in place,
// as batch norms move their statistics
//   running [size] f32, read and written     value [size] f32, read
//   one invocation per element; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;

struct Sizes {
  size: u32,
  keep: f32,
  take: f32,
}

@group(0) @binding(0) var<storage, read_write> running: array<f32>;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * WORKGROUP + lane;
  if (i < sizes.size) {
    running[i] = running[i] * sizes.keep + value[i] * sizes.take;
  }
}
