// adam: one step of Adam, in place, exactly PyTorch's formula (torch/optim/adam.py, adamw.py)
//   m, v [size] f32, read and written; all else as in optimizer_step.wgsl
//   DECOUPLED 0: L2, g += decay parameter     1: AdamW, parameter *= decay first
//     (decay holds 1 - lr wd)
//   lr holds lr / (1 - beta1^t), correction sqrt(1 - beta2^t):
//     taken on the host in double precision
// include optimizer_step.wgsl
override DECOUPLED: u32 = 0u;

@group(0) @binding(5) var<storage, read_write> m: array<f32>;
@group(0) @binding(6) var<storage, read_write> v: array<f32>;

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
