// adam: one step of Adam of several parameters, in place, exactly PyTorch's formula
// (torch/optim/adam.py, adamw.py)
//   parameter0, gradient0, parameter1, ... f32, read and written, and read: adam_places.wgsl, which
//     src/ops/optimizer_step/adam_places.ts writes for a number of parameters
//   m, v f32, read and written: the moments of all; those of a parameter begin at its offset
//   hyper and scale as in optimizer_settings.wgsl
//   DECOUPLED 0: L2, g += decay parameter     1: AdamW, parameter *= decay first
//     (decay holds 1 - lr wd)
//   lr holds lr / (1 - beta1^t), correction sqrt(1 - beta2^t):
//     taken on the host in double precision
//   one invocation per element; ceil(size / 256) workgroups for each parameter, one after the
//   other; dispatch their sum, folded
// include optimizer_settings.wgsl
// include adam_places.wgsl
override DECOUPLED: u32 = 0u;

@group(0) @binding(0) var<storage, read> hyper: Hyper;
@group(0) @binding(1) var<storage, read> scale: array<f32, 1>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<uniform> places: Places;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let number = group.x + group.y * groups.x;
  let place = place_of(number);
  let i = (number - place.first) * WORKGROUP + lane;
  if (i >= place.size || scale[0] == 0.0) {
    return;
  }
  let moment = place.offset + i;
  var p = parameter_at(place.index, i);
  var g = gradient_at(place.index, i) * scale[0];
  if (DECOUPLED == 1u) {
    p *= hyper.decay;
  } else {
    g += p * hyper.decay;
  }
  let new_m = m[moment] * hyper.beta1 + g * hyper.one_minus_beta1;
  let new_v = v[moment] * hyper.beta2 + g * g * hyper.one_minus_beta2;
  m[moment] = new_m;
  v[moment] = new_v;
  p -= hyper.lr * (new_m / (sqrt(new_v) / hyper.correction + hyper.epsilon));
  set_parameter(place.index, i, p);
}
