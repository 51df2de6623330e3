// bias_activation: y[r, c] = dropout(activation(y[r, c] + bias[c])), in place
//   y [rows, columns] f32 row-major, read and written     bias [columns] f32, read where BIAS is 1
//   state as in philox.wgsl, read where DROPOUT is 1; any buffer where they are 0
//   one invocation per element; dispatch ceil(size / 256), folded; any size
// include activation.wgsl
// include dropout_factors.wgsl
override WORKGROUP: u32 = 256u;
override BIAS: u32 = 1u;
override DROPOUT: u32 = 0u;

struct Sizes {
  size: u32,
  columns: u32,
  stream: u32,
  threshold: u32,
  keep: f32,
}

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn random_state() -> vec3<u32> {
  return vec3(state[0], state[1], state[2]);
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
  var z = y[i];
  if (BIAS == 1u) {
    z += bias[i % sizes.columns];
  }
  var out = activate(z);
  if (DROPOUT == 1u) {
    out *= factor(i);
  }
  y[i] = out;
}
