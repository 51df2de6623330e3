// adagrad: one step of Adagrad, in place
//   g = gradient scale + decay parameter;  accumulator += g^2;
//     parameter -= lr g / (sqrt(accumulator) + epsilon)
//   accumulator [size] f32, read and written; all else as in optimizer_step.wgsl
// include optimizer_step.wgsl

@group(0) @binding(5) var<storage, read_write> accumulator: array<f32>;

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
  let p = parameter[i];
  let g = gradient[i] * scale[0] + p * hyper.decay;
  let sum = accumulator[i] + g * g;
  accumulator[i] = sum;
  parameter[i] = p - hyper.lr * (g / (sqrt(sum) + hyper.epsilon));
}
