// optimizer_step: what a step of every optimiser binds;
// included by adam.wgsl, adagrad.wgsl and sgd.wgsl
//   parameter [size] f32, read and written in place     gradient [size] f32, read
//   hyper [9] f32, read: positions in src/ops/optimizer_step/op.ts
//     scale [1] f32, read: factor of the gradient,
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
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> hyper: Hyper;
@group(0) @binding(3) var<storage, read> scale: array<f32, 1>;
@group(0) @binding(4) var<uniform> sizes: Sizes;
