// attention_query_gradient: dq and dbias of attention.wgsl
//   entry query_gradient: dq [R, T, heads E] = scale ds k
//     a workgroup takes ROWS queries and walks over 32 keys at a time
//     it sums 64 fours of the channels of k
//     dispatch ceil(E / 64) x R heads x ceil(T / ROWS), folded
//   entry bias_gradient: dbias [pieces, biases, T, S] = sum of ds over SHARED of the rows that
//     share it; whoever dispatches it adds up the pieces, rows / biases / SHARED, rounded up
//     a workgroup takes ROWS queries and 32 keys
//     dispatch pieces x biases x ceil(T / ROWS) x ceil(S / 32), folded
// include attention_gradient.wgsl

@group(0) @binding(7) var<storage, read_write> dq: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read_write> dbias: array<f32>;

// exp of the logits of query t and the keys s .. s + 3 over its sum; 0 where it does not see them.
fn query_weights(products: vec4<f32>, p: u32, t: u32, s: u32, end: u32) -> vec4<f32> {
  let sees = seen_keys(t, s, select(0u, end, t < sizes.T));
  return select(vec4(0.0), exp(query_logits(products, p, t, s) - vec4(log_sum(p, t))), sees);
}

// ds of four queries from number t on and the keys s .. s + 3.
fn query_slopes(l: mat4x4<f32>, g: mat4x4<f32>, p: u32, t: u32, s: u32, end: u32) -> mat4x4<f32> {
  return mat4x4(
    query_slope(l[0], g[0], p, t, s, end),
    query_slope(l[1], g[1], p, t + 1u, s, end),
    query_slope(l[2], g[2], p, t + 2u, s, end),
    query_slope(l[3], g[3], p, t + 3u, s, end),
  );
}

fn query_slope(l: vec4<f32>, g: vec4<f32>, p: u32, t: u32, s: u32, end: u32) -> vec4<f32> {
  var slope = g;
  if (sizes.threshold > 0u) {
    slope *= factors((p * sizes.T + t) * sizes.S + s);
  }
  return query_weights(l, p, t, s, end) * (slope - vec4(mean_slope(p, t)));
}

fn query_table(place: Place, first: u32, tile: u32, end: u32, thread: u32) -> Tile {
  let l = products(QUERIES, KEYS, sizes.E, place, first, tile, thread);
  let g = products(SLOPES, VALUES, sizes.V, place, first, tile, thread);
  let t = first + 8u * (thread / 8u);
  let s = tile + 4u * (thread % 8u);
  return Tile(
    query_slopes(l.low, g.low, place.p, t, s, end),
    query_slopes(l.high, g.high, place.p, t + 4u, s, end),
  );
}

@compute @workgroup_size(ROWS)
fn query_gradient(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let tiles = (sizes.T + ROWS - 1u) / ROWS;
  let index = group.x + group.y * groups.x;
  let begin = index / (tiles * sizes.rows) * SHARE; // of the channels
  if (begin >= sizes.E) {
    return;
  }
  let p = index / tiles % sizes.rows;
  let first = (index % tiles) * ROWS;
  let at = place(p);
  let count = key_count(p);
  let keys = keys_of_tile(first, count);
  var sums: Sums;
  for (var tile = keys.begin; tile < keys.end; tile += COLUMNS) {
    write_table(query_table(at, first, tile, count, thread), thread);
    add_products(&sums, KEYS, begin, sizes.E, at, tile, thread);
  }
  let t = first + 8u * (thread / 8u);
  let out = (p / sizes.heads * sizes.T + t) * sizes.heads * sizes.E + (p % sizes.heads) * sizes.E;
  let end = min(sizes.E - begin, SHARE);
  for (var column = thread % 8u; column < end; column += 8u) {
    for (var i = 0u; i < 8u && t + i < sizes.T; i++) {
      let sum = sums[2u * (column / 8u) + i / 4u][i % 4u];
      dq[out + i * sizes.heads * sizes.E + begin + column] = sizes.scale * sum;
    }
  }
}

// Rows that one workgroup sums: a chain over all of them would lose digits,
// and Mesa's software device leaves a loop of
// some thousand rows before its end.
const SHARED = 64u;

@compute @workgroup_size(ROWS)
fn bias_gradient(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let across = (sizes.S + COLUMNS - 1u) / COLUMNS;
  let tiles = (sizes.T + ROWS - 1u) / ROWS * across;
  let index = group.x + group.y * groups.x;
  let slot = index / tiles;
  let number = slot % sizes.biases;
  let begin = number + slot / sizes.biases * SHARED * sizes.biases;
  if (begin >= sizes.rows) {
    return;
  }
  let end = min(begin + SHARED * sizes.biases, sizes.rows);
  let first = index % tiles / across * ROWS;
  let tile = index % tiles % across * COLUMNS;
  var sums = Tile(mat4x4<f32>(), mat4x4<f32>());
  for (var p = begin; p < end; p += sizes.biases) {
    let ds = query_table(place(p), first, tile, key_count(p), thread);
    sums.low += ds.low;
    sums.high += ds.high;
  }
  let t = first + 8u * (thread / 8u);
  let s = tile + 4u * (thread % 8u);
  for (var i = 0u; i < 8u && t + i < sizes.T; i++) {
    let slopes = select(sums.low[i % 4u], sums.high[i % 4u], i >= 4u);
    for (var j = 0u; j < 4u && s + j < sizes.S; j++) {
      dbias[(slot * sizes.T + t + i) * sizes.S + s + j] = slopes[j];
    }
  }
}
