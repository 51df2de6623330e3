// activation_gradient: dz[i] = dy[i] activation'(z[i]), from the output y = activation(z) alone
//   dy, y [size] f32, read     dz [size] f32, write
//   ACTIVATION 1 relu: dy scale where y > 0, else 0     2 sigmoid: dy y (1 - y / scale)
//   scale: 1, or what dropout behind the activation multiplied y by where it kept it
//   one invocation per element; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;
override ACTIVATION: u32 = 1u;

struct Sizes {
  size: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> dz: array<f32>;
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
  if (ACTIVATION == 1u) {
    dz[i] = select(0.0, dy[i] * sizes.scale, y[i] > 0.0);
  } else {
    dz[i] = dy[i] * y[i] * (1.0 - y[i] / sizes.scale);
  }
}
