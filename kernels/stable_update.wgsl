// stable_update: a parameter's step of StableAdamW, in place, by moments that stable_moments.wgsl
// has brought up to date
//   parameter [size] f32, read and written     m, largest [size] f32, read
//   squares [1] f32, read: the sum of the squares of gradient over divisor
//   hyper and scale as in optimizer_settings.wgsl: decay holds 1 - lr wd,
//     lr holds lr / (1 - beta1^t)
//   one invocation per element; dispatch ceil(size / 256), folded; any size
// include optimizer_settings.wgsl

@group(0) @binding(0) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(1) var<storage, read> m: array<f32>;
@group(0) @binding(2) var<storage, read> largest: array<f32>;
@group(0) @binding(3) var<storage, read> squares: array<f32, 1>;
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
  let excess = max(sqrt(squares[0] / f32(sizes.size)), 1.0);
  let divisor = sqrt(largest[i]) / hyper.correction + hyper.epsilon;
  parameter[i] = parameter[i] * hyper.decay - hyper.lr / excess * (m[i] / divisor);
}
