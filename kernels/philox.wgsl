// philox: uniform random numbers and dropout from one counter
//   element i takes word i mod 4 of block i / 4, uniform = (word >> 8) 2^-24
//   state [4] u32 (seed low, seed high, step, 0), read     x [size] f32, read (dropout only)
//   y [size] f32, write
//   entry uniform_values: y[i] = u(i)     entry dropout: y[i] = x[i] scale where u(i) >= rate, else x[i] 0;
//     the comparison is of integers, (word >> 8) >= threshold = ceil(rate 2^24), so it is exact
//   one invocation per four elements; dispatch ceil(size / 256), folded; any size
// include philox_rounds.wgsl
override WORKGROUP: u32 = 64u;

struct Draw {
  size: u32,
  stream: u32,
  threshold: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> state: array<u32, 4>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> draw: Draw;

@compute @workgroup_size(WORKGROUP)
fn uniform_values(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = (group.x + group.y * groups.x) * WORKGROUP + lane;
  let words = philox(block, draw.stream, vec3(state[0], state[1], state[2]));
  for (var j = 0u; j < 4u; j++) {
    let i = block * 4u + j;
    if (i < draw.size) {
      y[i] = f32(words[j] >> 8u) * 0x1p-24f;
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn dropout(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = (group.x + group.y * groups.x) * WORKGROUP + lane;
  let words = philox(block, draw.stream, vec3(state[0], state[1], state[2]));
  for (var j = 0u; j < 4u; j++) {
    let i = block * 4u + j;
    if (i < draw.size) {
      y[i] = x[i] * select(0.0, draw.scale, (words[j] >> 8u) >= draw.threshold);
    }
  }
}
