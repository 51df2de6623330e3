// optimizer_settings: what every optimiser's kernels are told; included by them
//   hyper [9] f32, read: positions in src/ops/optimizer_step/op.ts
//   scale [1] f32, read: factor of the gradient; 0 leaves everything as it is
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
