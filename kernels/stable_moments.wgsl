// stable_moments: the moments of StableAdamW, in place, and the gradient over its divisor
//   gradient [size] f32, read     m, v, largest [size] f32, read and written
//   ratio [size] f32, written; 0 where the scale is 0
//   hyper and scale as in optimizer_settings.wgsl
//   one invocation per element; dispatch ceil(size / 256), folded; any size
// include optimizer_settings.wgsl

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
