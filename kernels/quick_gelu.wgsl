// quick_gelu: y[i] = x[i] g, or its gradient y[i] = dy[i] g (1 + 1.702 x[i] (1 - g)), with
// g = sigmoid(1.702 x[i])
//   x [size] f32, read     dy [size] f32, read, not looked at without GRADIENT
//   y [size] f32, write
//   one invocation per element; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;
override GRADIENT: bool = false;

struct Sizes {
  size: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

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
  let scaled = 1.702 * x[i];
  // exp of more than 88 would be infinite, which a GPU may treat as it likes
  let gate = 1.0 / (1.0 + exp(min(-scaled, 80.0)));
  if (GRADIENT) {
    y[i] = dy[i] * gate * (1.0 + scaled * (1.0 - gate));
  } else {
    y[i] = x[i] * gate;
  }
}
