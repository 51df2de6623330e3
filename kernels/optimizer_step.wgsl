// optimizer_step: what a step of an optimiser binds that changes the parameter from the gradient
// alone; included by adam.wgsl, adagrad.wgsl and sgd.wgsl
//   parameter [size] f32, read and written in place     gradient [size] f32, read
//   hyper and scale as in optimizer_settings.wgsl
//   one invocation per element; dispatch ceil(size / 256), folded; any size
// include optimizer_settings.wgsl

@group(0) @binding(0) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> hyper: Hyper;
@group(0) @binding(3) var<storage, read> scale: array<f32, 1>;
@group(0) @binding(4) var<uniform> sizes: Sizes;
