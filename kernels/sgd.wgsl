// sgd: one step of gradient descent with momentum, in place
//   g = gradient scale + decay parameter;  velocity = momentum velocity + g;  parameter -= lr velocity
//   parameter, velocity [size] f32, read and written     gradient [size] f32, read
//   hyper [9] f32, read: positions in src/ops/optimizer_step.ts     scale [1] f32, read: factor of the gradient,
//   0 leaves everything as it is
//   one invocation per element; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;

struct Hyper {
  lr: f32,
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  epsilon: f32,
  decay: f32,
  correction: f32,
  momentum: f32,
}

struct Sizes {
  size: u32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(1) var<storage, read_write> velocity: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read> hyper: Hyper;
@group(0) @binding(4) var<storage, read> scale: array<f32, 1>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * WORKGROUP + lane;
  if (i >= sizes.size || scale[0] == 0.0) {
    return;
  }
  let p = parameter[i];
  let g = gradient[i] * scale[0] + p * hyper.decay;
  let speed = velocity[i] * hyper.momentum + g;
  velocity[i] = speed;
  parameter[i] = p - hyper.lr * speed;
}
