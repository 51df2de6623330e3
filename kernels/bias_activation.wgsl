// bias_activation: y[r, c] = activation(y[r, c] + bias[c]), in place
//   y [rows, columns] f32 row-major, read and written     bias [columns] f32, read
//   ACTIVATION 0 none, 1 relu, 2 sigmoid; relu(NaN) is NaN, so that a broken run is seen
//   one invocation per element; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;
override ACTIVATION: u32 = 0u;

struct Sizes {
  size: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

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
  if (i < sizes.size) {
    y[i] = activate(y[i] + bias[i % sizes.columns]);
  }
}
