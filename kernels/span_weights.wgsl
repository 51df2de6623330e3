// span_weights: the logits of attention with learned spans become its weights, in place
//   weight[r] = chi e^(logit[r] - shift) / sum, chi = clamp((ramp + z - d) / ramp, 0, 1),
//     d = |t - r|
//   table [heads of rows, count, keys] f32, read and written; query first + i stands in row i
//   z [heads of rows, snippets] f32, read; causal 1: keys behind the query get weight 0
//   entry gradient: as well g, the gradient of the weights, becomes that of the logits times scale,
//     and dz, shaped as z, gets the gradient of the spans of these queries; a clamped chi has none,
//     its ends have
//   shift is the largest logit that is seen; one workgroup per row, lanes stride over the keys,
//     tree sums: order fixed by WORKGROUP and keys, so reruns are bit-identical
//   dispatch heads of rows x count, folded; keys >= 1
const WORKGROUP = 64u;

struct Sizes {
  count: u32,
  keys: u32,
  first: u32,
  snippets: u32,
  causal: u32,
  ramp: f32,
  scale: f32,
  rows: u32,
}

@group(0) @binding(0) var<storage, read_write> table: array<f32>;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> dz: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

// include lanes.wgsl
alias LaneValue = vec2<f32>;

struct Row {
  start: u32,
  seen: u32,
  query: f32,
  span: u32,
}

// Groups beyond the rows, which a folded dispatch has, work on the last row and write nothing.
fn row_of(index: u32) -> Row {
  let row = min(index, sizes.rows - 1u);
  let query = sizes.first + row % sizes.count;
  let seen = select(sizes.keys, min(sizes.keys, query + 1u), sizes.causal == 1u);
  return Row(row * sizes.keys, seen, f32(query), row / sizes.count * sizes.snippets + query);
}

// (ramp + z - d) / ramp before it is clamped
fn open_of(row: Row, reach: f32, key: u32) -> f32 {
  return (reach - abs(row.query - f32(key))) / sizes.ramp;
}

@compute @workgroup_size(WORKGROUP)
fn weights(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  let row = row_of(index);
  let reach = sizes.ramp + z[row.span];
  var most = -3.4e38;
  for (var r = lane; r < row.seen; r += WORKGROUP) {
    most = max(most, table[row.start + r]);
  }
  let shift = lane_max(vec2<f32>(most, most), lane).x;
  var total = 0.0;
  for (var r = lane; r < row.seen; r += WORKGROUP) {
    total += clamp(open_of(row, reach, r), 0.0, 1.0) * exp(table[row.start + r] - shift);
  }
  let whole = lane_sum(vec2<f32>(total, 0.0), lane).x;
  if (index >= sizes.rows) {
    return;
  }
  for (var r = lane; r < sizes.keys; r += WORKGROUP) {
    var weight = 0.0;
    if (r < row.seen) {
      let chi = clamp(open_of(row, reach, r), 0.0, 1.0);
      weight = chi * exp(table[row.start + r] - shift) / whole;
    }
    table[row.start + r] = weight;
  }
}

@compute @workgroup_size(WORKGROUP)
fn gradient(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  let row = row_of(index);
  let reach = sizes.ramp + z[row.span];
  var most = -3.4e38;
  for (var r = lane; r < row.seen; r += WORKGROUP) {
    most = max(most, table[row.start + r]);
  }
  let shift = lane_max(vec2<f32>(most, most), lane).x;
  var sums = vec2<f32>(0.0, 0.0);
  for (var r = lane; r < row.seen; r += WORKGROUP) {
    let power = exp(table[row.start + r] - shift);
    let weight = clamp(open_of(row, reach, r), 0.0, 1.0) * power;
    sums += vec2<f32>(weight, weight * g[row.start + r]);
  }
  sums = lane_sum(sums, lane);
  let mean = sums.y / sums.x;
  var to_span = 0.0;
  for (var r = lane; r < row.seen; r += WORKGROUP) {
    let open = open_of(row, reach, r);
    if (open >= 0.0 && open <= 1.0) {
      to_span += exp(table[row.start + r] - shift) / sums.x * (g[row.start + r] - mean);
    }
  }
  let span_slope = lane_sum(vec2<f32>(to_span, 0.0), lane).x;
  if (index >= sizes.rows) {
    return;
  }
  if (lane == 0u) {
    dz[row.span] = span_slope / sizes.ramp;
  }
  for (var r = lane; r < sizes.keys; r += WORKGROUP) {
    let at = row.start + r;
    var weight = 0.0;
    var slope = 0.0;
    if (r < row.seen) {
      weight = clamp(open_of(row, reach, r), 0.0, 1.0) * exp(table[at] - shift) / sums.x;
      slope = weight * (g[at] - mean) * sizes.scale;
    }
    table[at] = weight;
    g[at] = slope;
  }
}
