// adam_rule: one element of a step of Adam, exactly PyTorch's formula (torch/optim/adam.py,
// adamw.py); included by adam.wgsl and adam_together.wgsl, which bind hyper and scale
//   DECOUPLED 0: L2, g += decay parameter     1: AdamW, parameter *= decay first
//     (decay holds 1 - lr wd)
//   lr holds lr / (1 - beta1^t), correction sqrt(1 - beta2^t):
//     taken on the host in double precision
override DECOUPLED: u32 = 0u;

struct Adam {
  parameter: f32,
  m: f32,
  v: f32,
}

fn adam_step(before: Adam, gradient: f32) -> Adam {
  var p = before.parameter;
  var g = gradient * scale[0];
  if (DECOUPLED == 1u) {
    p *= hyper.decay;
  } else {
    g += p * hyper.decay;
  }
  let m = before.m * hyper.beta1 + g * hyper.one_minus_beta1;
  let v = before.v * hyper.beta2 + g * g * hyper.one_minus_beta2;
  return Adam(p - hyper.lr * (m / (sqrt(v) / hyper.correction + hyper.epsilon)), m, v);
}
