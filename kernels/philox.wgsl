// philox: uniform and normal random numbers and dropout from one counter
//   element i takes word i mod 4 of block i / 4, uniform = (word >> 8) 2^-24
//   state [4] u32 (seed low, seed high, step, 0), read     x [size] f32, read (dropout only)
//   y [size] f32, write
//   entry uniform_values: y[i] = u(i)
//   entry normal_values: of u(2 i), u(2 i + 1) = u, a two elements,
//     sqrt(-2 ln(1 - u)) (cos, sin)(2 pi a) (Box and Muller); polynomials of Cephes, as WGSL's own
//     functions may be coarse
//   entry dropout: y[i] = x[i] scale where u(i) >= rate, else x[i] 0; the comparison is of
//     integers, (word >> 8) >= threshold = ceil(rate 2^24), so it is exact
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

// -2 ln of m 2^-24 for m = 1 .. 2^24.
fn minus_two_log(m: vec2<u32>) -> vec2<f32> {
  let bits = bitcast<vec2<u32>>(vec2<f32>(m));
  var n = vec2<f32>(vec2<i32>(bits >> vec2(23u)) - vec2(127 + 24));
  var f = bitcast<vec2<f32>>((bits & vec2(0x007fffffu)) | vec2(0x3f800000u)); // in [1, 2)
  let large = f >= vec2(1.41421356);
  f = select(f, f * 0.5, large);
  n = select(n, n + 1.0, large);
  let x = f - 1.0;
  var p = vec2(7.0376836292e-2);
  p = p * x - 1.1514610310e-1;
  p = p * x + 1.1676998740e-1;
  p = p * x - 1.2420140846e-1;
  p = p * x + 1.4249322787e-1;
  p = p * x - 1.6668057665e-1;
  p = p * x + 2.0000714765e-1;
  p = p * x - 2.4999993993e-1;
  p = p * x + 3.3333331174e-1;
  let y = p * x * x * x - n * 2.12194440e-4 - 0.5 * x * x;
  return -2.0 * (y + x + n * 0.693359375);
}

// Cosine and sine of n 2^-24 turns, for n = 0 .. 2^24 - 1.
fn on_circle(n: u32) -> vec2<f32> {
  let turned = n + (1u << 21u); // in quarters, each from -1/2 to 1/2
  let within = i32(turned & ((1u << 22u) - 1u)) - (1 << 21u);
  let x = f32(within) * 3.7450703e-7; // pi / 2 2^-22
  let z = x * x;
  let s = ((z * -1.9515295891e-4 + 8.3321608736e-3) * z - 1.6666654611e-1) * z * x + x;
  let c = ((z * 2.443315711809948e-5 - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z +
    (1.0 - 0.5 * z);
  let quarter = turned >> 22u;
  let pair = select(vec2(c, s), vec2(-s, c), (quarter & 1u) == 1u);
  return select(pair, -pair, (quarter & 2u) == 2u);
}

@compute @workgroup_size(WORKGROUP)
fn normal_values(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = (group.x + group.y * groups.x) * WORKGROUP + lane;
  let bits = philox(block, draw.stream, vec3(state[0], state[1], state[2])) >> vec4(8u);
  let radius = sqrt(minus_two_log(vec2(1u << 24u) - bits.xz));
  let values = vec4(radius.x * on_circle(bits.y), radius.y * on_circle(bits.w));
  for (var j = 0u; j < 4u; j++) {
    if (block * 4u + j < draw.size) {
      y[block * 4u + j] = values[j];
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
