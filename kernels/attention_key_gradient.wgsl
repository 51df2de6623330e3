// attention_key_gradient: dk and dv of attention.wgsl
//   dk [R, S, heads E] = scale ds^T q, dv [R, S, heads V] = w^T dy
//   a workgroup takes ROWS keys and walks over 32 queries at a time
//   and sums 64 fours of the channels of q and of dy
//   dispatch ceil(max(E, V) / 64) x R heads x ceil(S / ROWS), folded
// include attention_gradient.wgsl

@group(0) @binding(7) var<storage, read_write> dk: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read_write> dv: array<vec4<f32>>;

// exp of the logits of key s and the queries t .. t + 3 over their sums;
// 0 where they do not see it.
fn key_weights(products: vec4<f32>, lse: vec4<f32>, p: u32, s: u32, t: u32, end: u32) -> vec4<f32> {
  let queries = vec4(t) + vec4(0u, 1u, 2u, 3u);
  var sees = (queries < vec4(sizes.T)) & vec4(s < end);
  if (sizes.causal != 0u) {
    sees = sees & (vec4(s) <= queries);
  }
  if (sizes.window > 0u) {
    sees = sees & (queries / vec4(sizes.window) == vec4(s / sizes.window)) & vec4(block_seen(s));
  }
  var sum = products * sizes.scale;
  if (sizes.biases > 0u && s < sizes.S) {
    let at = ((p % sizes.biases) * sizes.T + t) * sizes.S + s; // sees says which of the four count
    sum += vec4(
      bias[at],
      bias[at + sizes.S],
      bias[at + 2u * sizes.S],
      bias[at + 3u * sizes.S],
    );
  }
  return select(vec4(0.0), exp(sum - lse), sees);
}

// Dropout's factors of four keys (columns) and four queries, from number `first` on.
fn key_factors(first: u32) -> mat4x4<f32> {
  return transpose(mat4x4(
    factors(first),
    factors(first + sizes.S),
    factors(first + 2u * sizes.S),
    factors(first + 3u * sizes.S),
  ));
}

// Element by element.
fn each(a: mat4x4<f32>, b: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4(a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]);
}

@compute @workgroup_size(ROWS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let tiles = (sizes.S + ROWS - 1u) / ROWS;
  let index = group.x + group.y * groups.x;
  let share = index / (tiles * sizes.rows) * SHARE; // of the channels
  if (share >= max(sizes.E, sizes.V)) {
    return;
  }
  let p = index / tiles % sizes.rows;
  let first = (index % tiles) * ROWS;
  let at = place(p);
  let count = key_count(p);
  // Queries that may see some key of this tile.
  var begin = 0u;
  var end = select(0u, sizes.T, first < count);
  if (sizes.causal != 0u) {
    begin = first;
  }
  if (sizes.window > 0u) {
    begin = max(begin, first / sizes.window * sizes.window);
    end = min(end, (min(first + ROWS, sizes.S) - 1u) / sizes.window * sizes.window + sizes.window);
  }
  let s = first + 8u * (thread / 8u);
  var key_sums: Sums;
  var value_sums: Sums;
  for (var tile = begin; tile < end; tile += COLUMNS) {
    let l = products(KEYS, QUERIES, sizes.E, at, first, tile, thread);
    var g = products(VALUES, SLOPES, sizes.V, at, first, tile, thread);
    let t = tile + 4u * (thread % 8u);
    let lse = vec4(log_sum(p, t), log_sum(p, t + 1u), log_sum(p, t + 2u), log_sum(p, t + 3u));
    let mean = vec4(
      mean_slope(p, t),
      mean_slope(p, t + 1u),
      mean_slope(p, t + 2u),
      mean_slope(p, t + 3u),
    );
    let w = Tile(
      mat4x4(
        key_weights(l.low[0], lse, p, s, t, count),
        key_weights(l.low[1], lse, p, s + 1u, t, count),
        key_weights(l.low[2], lse, p, s + 2u, t, count),
        key_weights(l.low[3], lse, p, s + 3u, t, count),
      ),
      mat4x4(
        key_weights(l.high[0], lse, p, s + 4u, t, count),
        key_weights(l.high[1], lse, p, s + 5u, t, count),
        key_weights(l.high[2], lse, p, s + 6u, t, count),
        key_weights(l.high[3], lse, p, s + 7u, t, count),
      ),
    );
    var kept = w;
    if (sizes.threshold > 0u) {
      let number = (p * sizes.T + t) * sizes.S + s;
      let low = key_factors(number);
      let high = key_factors(number + 4u);
      kept = Tile(each(w.low, low), each(w.high, high));
      g = Tile(each(g.low, low), each(g.high, high));
    }
    write_table(kept, thread);
    add_products(&value_sums, SLOPES, share, sizes.V, at, tile, thread);
    workgroupBarrier(); // the table is read until here
    let lift = mat4x4(mean, mean, mean, mean);
    write_table(Tile(each(w.low, g.low - lift), each(w.high, g.high - lift)), thread);
    add_products(&key_sums, QUERIES, share, sizes.E, at, tile, thread);
  }
  let head = p % sizes.heads;
  let row = (p / sizes.heads * sizes.S + s) * sizes.heads + head;
  for (var i = 0u; i < 8u && s + i < sizes.S; i++) {
    for (var column = thread % 8u; column < SHARE && share + column < sizes.E; column += 8u) {
      let sum = key_sums[2u * (column / 8u) + i / 4u][i % 4u];
      dk[(row + i * sizes.heads) * sizes.E + share + column] = sizes.scale * sum;
    }
    for (var column = thread % 8u; column < SHARE && share + column < sizes.V; column += 8u) {
      dv[(row + i * sizes.heads) * sizes.V + share + column] =
        value_sums[2u * (column / 8u) + i / 4u][i % 4u];
    }
  }
}
