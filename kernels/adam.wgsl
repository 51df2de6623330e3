// adam: one step of Adam, in place
//   m, v [size] f32, read and written; all else as in optimizer_step.wgsl and adam_rule.wgsl
// include optimizer_step.wgsl
// include adam_rule.wgsl

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
  let after = adam_step(Adam(parameter[i], m[i], v[i]), gradient[i]);
  m[i] = after.m;
  v[i] = after.v;
  parameter[i] = after.parameter;
}
