// philox: uniform random numbers and dropout from one counter, Philox4x32-10
//   Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the same numbers as
//   src/random.ts: key (seed low, seed high), counter (i / 4, stream, step, 0), element i takes output
//   word i mod 4, uniform = (word >> 8) 2^-24
//   state [4] u32 (seed low, seed high, step, 0), read     x [size] f32, read (dropout only)
//   y [size] f32, write
//   entry uniform_values: y[i] = u(i)     entry dropout: y[i] = x[i] scale where u(i) >= rate, else x[i] 0;
//     the comparison is of integers, (word >> 8) >= threshold = ceil(rate 2^24), so it is exact
//   one invocation per four elements; dispatch ceil(size / 256), folded; any size
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

// High 32 bits of a product, in 16-bit halves: WGSL has no 64-bit integers.
fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u);
}

fn philox(block: u32) -> vec4<u32> {
  var counter = vec4<u32>(block, draw.stream, state[2], 0u);
  var key = vec2<u32>(state[0], state[1]);
  for (var round = 0u; round < 10u; round++) {
    let high0 = multiply_high(0xD2511F53u, counter.x);
    let high1 = multiply_high(0xCD9E8D57u, counter.z);
    counter = vec4<u32>(
      high1 ^ counter.y ^ key.x,
      0xCD9E8D57u * counter.z,
      high0 ^ counter.w ^ key.y,
      0xD2511F53u * counter.x,
    );
    key += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
  }
  return counter;
}

@compute @workgroup_size(WORKGROUP)
fn uniform_values(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = (group.x + group.y * groups.x) * WORKGROUP + lane;
  let words = philox(block);
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
  let words = philox(block);
  for (var j = 0u; j < 4u; j++) {
    let i = block * 4u + j;
    if (i < draw.size) {
      y[i] = x[i] * select(0.0, draw.scale, (words[j] >> 8u) >= draw.threshold);
    }
  }
}
