// stable_moments: the moments of StableAdamW, in place, and the gradient over its divisor
//   gradient [size] f32, read     m, v, largest [size] f32, read and written
//     ratio [size] f32, written
//   hyper [9] f32, scale [1] f32 as in optimizer_step.wgsl:
//     a scale of 0 leaves the moments, and ratio is 0
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

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> m: array<f32>;
@group(0) @binding(2) var<storage, read_write> v: array<f32>;
@group(0) @binding(3) var<storage, read_write> largest: array<f32>;
@group(0) @binding(4) var<storage, read_write> ratio: array<f32>;
@group(0) @binding(5) var<storage, read> hyper: Hyper;
@group(0) @binding(6) var<storage, read> scale: array<f32, 1>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

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
  if (scale[0] == 0.0) {
    ratio[i] = 0.0;
    return;
  }
  let g = gradient[i] * scale[0];
  m[i] = m[i] * hyper.beta1 + g * hyper.one_minus_beta1;
  let new_v = v[i] * hyper.beta2 + g * g * hyper.one_minus_beta2;
  v[i] = new_v;
  let most = max(largest[i], new_v);
  largest[i] = most;
  ratio[i] = g / (sqrt(most) / hyper.correction + hyper.epsilon);
}
