// gelu: y[i] = x[i] phi(x[i]), or its gradient y[i] = dy[i] (phi(x[i]) + x[i] density(x[i])), of
// the normal distribution
//   erf by Abramowitz and Stegun 7.1.26, within 1.5e-7:
//     1 - (a1 t + .. + a5 t^5) e^(-u^2), t = 1 / (1 + p u), u >= 0
//   x [size] f32, read     dy [size] f32, read, not looked at without GRADIENT
//   y [size] f32, write
//   one invocation per element; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;
override GRADIENT: bool = false;

struct Sizes {
  size: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * WORKGROUP + lane;
  if (i >= sizes.size) {
    return;
  }
  let value = x[i];
  let power = exp(-0.5 * value * value); // e^(-u^2) at u = |x| / sqrt(2), and the density's
  let t = 1.0 / (1.0 + 0.23164189 * abs(value)); // 0.3275911 / sqrt(2)
  let series = (((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592;
  let tail = 0.5 * series * t * power; // the share of the distribution beyond |x|
  let share = select(1.0 - tail, tail, value < 0.0);
  if (GRADIENT) {
    y[i] = dy[i] * (share + value * (0.3989422804 * power));
  } else {
    y[i] = value * share;
  }
}
