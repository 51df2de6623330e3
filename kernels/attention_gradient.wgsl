// attention_gradient: what the gradients of attention.wgsl read; included by them
//   q, k, v: as there; dy as y there, all in vec4; packed: attention_rows.wgsl; bias as there; read
//   The weights are computed again from lse: w = exp(scale q k^T + bias - lse), g = dy v^T,
//   ds = w (g - dy . y); under dropout w and g times 0 or keep.
// include attention_tables.wgsl
// include attention_weights.wgsl

@group(0) @binding(5) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> packed: array<u32>;

// Beside QUERIES, KEYS and VALUES.
const SLOPES = 3u;

// Four channels of a position, 0 outside.
fn load(which: u32, place: Place, position: u32, column: u32) -> vec4<f32> {
  if (which != SLOPES) {
    return load_input(which, place, position, column);
  }
  let inside = position < sizes.T && column < sizes.V;
  return select(vec4(0.0), dy[place.y + position * sizes.y_row + column], inside);
}

fn random_state() -> vec3<u32> {
  return vec3(packed[0], packed[1], packed[2]);
}

// Keys that a row sees, without causal and window.
fn key_count(p: u32) -> u32 {
  if (sizes.length_rows == 0u) {
    return sizes.S;
  }
  return min(sizes.S, u32(max(bitcast<i32>(packed[4u + p / sizes.length_rows]), 0)));
}

fn log_sum(p: u32, t: u32) -> f32 {
  return bitcast<f32>(packed[sizes.header + 2u * (p * sizes.T + t)]);
}

// dy . y of query t.
fn mean_slope(p: u32, t: u32) -> f32 {
  return bitcast<f32>(packed[sizes.header + 2u * (p * sizes.T + t) + 1u]);
}
