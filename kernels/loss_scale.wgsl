// loss_scale: what a step with a scaled loss does to its gradients, and the scale of the next step
//   state [3] f32, read and written: the scale, steps since it last changed, steps skipped so far
//   squares [parameters] f32, read: sums of squares of the scaled gradients
//   factor [1] f32, write: what undoes the scale and clips; 0 skips the update
//   seen [parameters] f32, write: sums of squares without the scale; 0 in a skipped step, unless
//     nothing is left to halve: then what is not finite stays so
//   one invocation, sums in order; dispatch 1
const SMALLEST = 1.0;
const LARGEST = 16777216.0;

struct Sizes {
  parameters: u32,
  growth_interval: f32,
  // global norm to clip to, 0 for none
  clip: f32,
  clip_epsilon: f32,
}

@group(0) @binding(0) var<storage, read_write> state: array<f32, 3>;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read_write> factor: array<f32, 1>;
@group(0) @binding(3) var<storage, read_write> seen: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

// Shader compilers may take every number for finite, so the bits are asked.
fn finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(1)
fn main() {
  let scale = state[0];
  var total = 0.0;
  for (var p = 0u; p < sizes.parameters; p++) {
    total += squares[p];
  }
  let sound = finite(total);
  let hidden = !sound && scale > SMALLEST;
  for (var p = 0u; p < sizes.parameters; p++) {
    seen[p] = select(squares[p] / scale / scale, 0.0, hidden);
  }
  if (!sound) {
    factor[0] = 0.0;
    state[0] = max(scale / 2.0, SMALLEST);
    state[1] = 0.0;
    state[2] += 1.0;
    return;
  }
  factor[0] = 1.0 / scale;
  if (sizes.clip > 0.0) {
    let norm = sqrt(total) / scale;
    factor[0] = min(1.0, sizes.clip / (norm + sizes.clip_epsilon)) / scale;
  }
  state[1] += 1.0;
  if (state[1] >= sizes.growth_interval) {
    state[0] = min(scale * 2.0, LARGEST);
    state[1] = 0.0;
  }
}
