// bias_activation: y[r, c] = activation(y[r, c] + bias[c]), in place
//   y [rows, columns] f32 row-major, read and written     bias [columns] f32, read
//   one invocation per element; dispatch ceil(size / 256), folded; any size
// include activation.wgsl
override WORKGROUP: u32 = 256u;

struct Sizes {
  size: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * WORKGROUP + lane;
  if (i < sizes.size) {
    y[i] = activate(y[i] + bias[i % sizes.columns]);
  }
}
