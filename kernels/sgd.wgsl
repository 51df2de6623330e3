// sgd: one step of gradient descent with momentum, in place
//   g = gradient scale + decay parameter;  velocity = momentum velocity + g;
//     parameter -= lr velocity
//   velocity [size] f32, read and written; all else as in optimizer_step.wgsl
// include optimizer_step.wgsl

@group(0) @binding(5) var<storage, read_write> velocity: array<f32>;

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
  let speed = velocity[i] * hyper.momentum + g;
  velocity[i] = speed;
  parameter[i] = p - hyper.lr * speed;
}
