// adam: one step of Adam, in place, exactly PyTorch's formula (torch/optim/adam.py, adamw.py)
//   parameter, m, v [size] f32, read and written     gradient [size] f32, read
//   hyper [9] f32, read: positions in src/ops/optimizer_step.ts     scale [1] f32, read: factor of the gradient,
//   0 leaves everything as it is
//   DECOUPLED 0: L2, g += decay parameter     1: AdamW, parameter *= decay first (decay holds 1 - lr wd)
//   lr holds lr / (1 - beta1^t), correction sqrt(1 - beta2^t): taken on the host in double precision
//   one invocation per element; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;
override DECOUPLED: u32 = 0u;

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
@group(0) @binding(1) var<storage, read_write> m: array<f32>;
@group(0) @binding(2) var<storage, read_write> v: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read> hyper: Hyper;
@group(0) @binding(5) var<storage, read> scale: array<f32, 1>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

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
  var p = parameter[i];
  var g = gradient[i] * scale[0];
  if (DECOUPLED == 1u) {
    p *= hyper.decay;
  } else {
    g += p * hyper.decay;
  }
  let new_m = m[i] * hyper.beta1 + g * hyper.one_minus_beta1;
  let new_v = v[i] * hyper.beta2 + g * g * hyper.one_minus_beta2;
  m[i] = new_m;
  v[i] = new_v;
  parameter[i] = p - hyper.lr * (new_m / (sqrt(new_v) / hyper.correction + hyper.epsilon));
}
