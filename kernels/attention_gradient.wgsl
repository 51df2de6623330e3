// attention_gradient: dq, dk, dv and dbias of attention.wgsl, whose weights are computed again from lse
//   q, k, v: as there; dy as y there, all in vec4; packed: attention_rows.wgsl; bias as there; read
//   w = exp(scale q k^T + bias - lse), g = dy v^T, ds = w (g - dy . y); under dropout w and g times 0 or keep
//   entry query_gradient: dq [R, T, heads E] = scale ds k; a workgroup takes ROWS queries, walks over 32 keys at a time
//     dispatch R heads x ceil(T / ROWS), folded
//   entry key_gradient: dk [R, S, heads E] = scale ds^T q, dv [R, S, heads V] = w^T dy; a workgroup takes ROWS keys and
//     walks over 32 queries at a time     dispatch R heads x ceil(S / ROWS), folded
//   entry bias_gradient: dbias [biases, T, S] = sum of ds over the rows that share it; ROWS queries, 32 keys
//     dispatch biases x ceil(T / ROWS) x ceil(S / 32), folded
//   A thread holds 8 rows x 4 columns of the table, then 8 rows x 8 channels of every 64. No atomics: every sum is
//   made by one thread in an order that depends on the shape alone.
//   workgroup memory: stage 512 (608) vec4, table ROWS x 8 vec4: 16 KB (13.5 KB); E, V <= 64 fours
override ROWS: u32 = 64u; // 32 or 64; a thread for each
override DEPTH: u32 = 4u; // vec4 of the channels staged at a time: 4, or 8 with 32 rows
override PITCH: u32 = DEPTH + 1u; // odd, so that eight neighbouring rows meet all banks
const COLUMNS = 32u;
const CHUNK = 16u; // vec4 of the channels that a product with the table takes at a time

struct Sizes {
  rows: u32, // R heads
  T: u32,
  S: u32,
  E: u32,
  V: u32,
  heads: u32,
  q_start: u32,
  q_row: u32,
  k_start: u32,
  k_row: u32,
  v_start: u32,
  v_row: u32,
  y_row: u32,
  y_head: u32,
  biases: u32,
  length_rows: u32,
  header: u32, // where the pairs of packed begin
  causal: u32,
  window: u32,
  stream: u32,
  threshold: u32,
  keep: f32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> packed: array<u32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> dk: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read_write> dv: array<vec4<f32>>;
@group(0) @binding(9) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(10) var<uniform> sizes: Sizes;

// Rows, then columns: slot (c mod 4) 8 + c / 4 holds column c of the tile. In turn with [32 columns, 16 vec4].
var<workgroup> stage: array<vec4<f32>, (ROWS + 32u) * PITCH + 32u>;
var<workgroup> table: array<vec4<f32>, ROWS * 8u>; // [rows, 32 columns]

fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u);
}

fn philox(block: u32) -> vec4<u32> {
  var counter = vec4<u32>(block, sizes.stream, packed[2], 0u);
  var key = vec2<u32>(packed[0], packed[1]);
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

// Factors of four neighbouring weights from number `first` on: 0 or keep.
fn factors(first: u32) -> vec4<f32> {
  let low = philox(first / 4u);
  var words = low;
  let skip = first % 4u;
  if (skip > 0u) {
    let high = philox(first / 4u + 1u);
    words = select(
      select(vec4(low.yzw, high.x), vec4(low.zw, high.xy), skip == 2u),
      vec4(low.w, high.xyz),
      skip == 3u,
    );
  }
  return select(vec4(0.0), vec4(sizes.keep), (words >> vec4(8u)) >= vec4(sizes.threshold));
}

// What the rows or the columns of a product are.
const QUERIES = 0u;
const KEYS = 1u;
const VALUES = 2u;
const SLOPES = 3u;

// Where a row and head begins in each tensor.
struct Place {
  p: u32,
  q: u32,
  k: u32,
  v: u32,
  dy: u32,
}

fn place(p: u32) -> Place {
  let r = p / sizes.heads;
  let head = p % sizes.heads;
  return Place(
    p,
    sizes.q_start + r * sizes.T * sizes.q_row + head * sizes.E,
    sizes.k_start + r * sizes.S * sizes.k_row + head * sizes.E,
    sizes.v_start + r * sizes.S * sizes.v_row + head * sizes.V,
    r * sizes.T * sizes.y_row + head * sizes.y_head,
  );
}

// Four channels of a position, 0 outside.
fn load(which: u32, place: Place, position: u32, column: u32) -> vec4<f32> {
  var x: vec4<f32>;
  var inside: bool;
  switch which {
    case QUERIES: {
      x = q[place.q + position * sizes.q_row + column];
      inside = position < sizes.T && column < sizes.E;
    }
    case KEYS: {
      x = k[place.k + position * sizes.k_row + column];
      inside = position < sizes.S && column < sizes.E;
    }
    case VALUES: {
      x = v[place.v + position * sizes.v_row + column];
      inside = position < sizes.S && column < sizes.V;
    }
    default: {
      x = dy[place.dy + position * sizes.y_row + column];
      inside = position < sizes.T && column < sizes.V;
    }
  }
  return select(vec4(0.0), x, inside);
}

// Eight rows of a thread as two matrices: a column is a row of the table, its elements four neighbouring columns.
struct Tile {
  low: mat4x4<f32>,
  high: mat4x4<f32>,
}

// Products of the rows first .. with the columns tile .. over `width` fours of channels.
fn products(
  rows_of: u32,
  columns_of: u32,
  width: u32,
  place: Place,
  first: u32,
  tile: u32,
  thread: u32,
) -> Tile {
  let across = thread % 8u;
  let down = 8u * (thread / 8u);
  let load_column = thread % DEPTH;
  var sums = Tile(mat4x4<f32>(), mat4x4<f32>());
  for (var depth = 0u; depth < width; depth += DEPTH) {
    workgroupBarrier();
    for (var row = thread / DEPTH; row < ROWS; row += ROWS / DEPTH) {
      stage[row * PITCH + load_column] = load(rows_of, place, first + row, depth + load_column);
    }
    for (var c = thread / DEPTH; c < COLUMNS; c += ROWS / DEPTH) {
      let slot = ROWS + (c % 4u) * 8u + c / 4u;
      stage[slot * PITCH + load_column] = load(columns_of, place, tile + c, depth + load_column);
    }
    workgroupBarrier();
    for (var e = 0u; e < DEPTH; e++) {
      let columns = transpose(mat4x4(
        stage[(ROWS + across) * PITCH + e],
        stage[(ROWS + 8u + across) * PITCH + e],
        stage[(ROWS + 16u + across) * PITCH + e],
        stage[(ROWS + 24u + across) * PITCH + e],
      ));
      sums.low += columns * mat4x4(
        stage[down * PITCH + e],
        stage[(down + 1u) * PITCH + e],
        stage[(down + 2u) * PITCH + e],
        stage[(down + 3u) * PITCH + e],
      );
      sums.high += columns * mat4x4(
        stage[(down + 4u) * PITCH + e],
        stage[(down + 5u) * PITCH + e],
        stage[(down + 6u) * PITCH + e],
        stage[(down + 7u) * PITCH + e],
      );
    }
  }
  return sums;
}

fn write_table(x: Tile, thread: u32) {
  let slot = 64u * (thread / 8u) + thread % 8u;
  table[slot] = x.low[0];
  table[slot + 8u] = x.low[1];
  table[slot + 16u] = x.low[2];
  table[slot + 24u] = x.low[3];
  table[slot + 32u] = x.high[0];
  table[slot + 40u] = x.high[1];
  table[slot + 48u] = x.high[2];
  table[slot + 56u] = x.high[3];
}

// Sums of eight rows x 8 channels of every 64: [chunk, half of the channels, rows]; a column is a row.
alias Sums = array<mat4x4<f32>, 16>;

// sums += table x, x [32 columns of the table, width fours of channels].
fn add_products(
  sums: ptr<function, Sums>,
  which: u32,
  width: u32,
  place: Place,
  tile: u32,
  thread: u32,
) {
  let across = thread % 8u;
  let rows = 64u * (thread / 8u);
  for (var chunk = 0u; chunk * CHUNK < width; chunk++) {
    workgroupBarrier();
    let column = thread % CHUNK;
    for (var c = thread / CHUNK; c < COLUMNS; c += ROWS / CHUNK) {
      stage[c * CHUNK + column] = load(which, place, tile + c, chunk * CHUNK + column);
    }
    workgroupBarrier();
    var s0 = (*sums)[4u * chunk];
    var s1 = (*sums)[4u * chunk + 1u];
    var s2 = (*sums)[4u * chunk + 2u];
    var s3 = (*sums)[4u * chunk + 3u];
    for (var four = 0u; four < 8u; four++) {
      let at = 64u * four + across;
      let low = mat4x4(stage[at], stage[at + 16u], stage[at + 32u], stage[at + 48u]);
      let high = mat4x4(stage[at + 8u], stage[at + 24u], stage[at + 40u], stage[at + 56u]);
      let row = rows + four;
      let w0 = mat4x4(table[row], table[row + 8u], table[row + 16u], table[row + 24u]);
      let w1 = mat4x4(table[row + 32u], table[row + 40u], table[row + 48u], table[row + 56u]);
      s0 += low * w0;
      s1 += low * w1;
      s2 += high * w0;
      s3 += high * w1;
    }
    (*sums)[4u * chunk] = s0;
    (*sums)[4u * chunk + 1u] = s1;
    (*sums)[4u * chunk + 2u] = s2;
    (*sums)[4u * chunk + 3u] = s3;
  }
}

// Keys that a row sees, without causal and window.
fn key_count(p: u32) -> u32 {
  if (sizes.length_rows == 0u) {
    return sizes.S;
  }
  return min(sizes.S, u32(max(bitcast<i32>(packed[4u + p / sizes.length_rows]), 0)));
}

fn block_seen(t: u32) -> bool {
  return (t / sizes.window + 1u) * sizes.window <= sizes.T;
}

// exp of the logits of query t and the keys s .. s + 3 over its sum; 0 where it does not see them.
fn query_weights(products: vec4<f32>, p: u32, t: u32, s: u32, end: u32) -> vec4<f32> {
  let keys = vec4(s) + vec4(0u, 1u, 2u, 3u);
  var sees = keys < vec4(select(0u, end, t < sizes.T));
  if (sizes.causal != 0u) {
    sees = sees & (keys <= vec4(t));
  }
  if (sizes.window > 0u) {
    sees = sees & (keys / vec4(sizes.window) == vec4(t / sizes.window)) & vec4(block_seen(t));
  }
  var sum = products * sizes.scale;
  if (sizes.biases > 0u && t < sizes.T) {
    let at = ((p % sizes.biases) * sizes.T + t) * sizes.S + s; // sees says which of the four count
    sum += vec4(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]);
  }
  return select(vec4(0.0), exp(sum - vec4(log_sum(p, t))), sees);
}

// The same of key s and the queries t .. t + 3.
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

fn log_sum(p: u32, t: u32) -> f32 {
  return bitcast<f32>(packed[sizes.header + 2u * (p * sizes.T + t)]);
}

// dy . y of query t.
fn mean_slope(p: u32, t: u32) -> f32 {
  return bitcast<f32>(packed[sizes.header + 2u * (p * sizes.T + t) + 1u]);
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
  let p = index / tiles;
  if (p >= sizes.rows) {
    return;
  }
  let first = (index % tiles) * ROWS;
  let at = place(p);
  var begin = 0u;
  let count = key_count(p);
  var end = count;
  if (sizes.causal != 0u) {
    end = min(end, first + ROWS);
  }
  if (sizes.window > 0u) {
    begin = first / sizes.window * sizes.window;
    end = min(end, (min(first + ROWS, sizes.T) - 1u) / sizes.window * sizes.window + sizes.window);
  }
  var sums: Sums;
  for (var tile = begin; tile < end; tile += COLUMNS) {
    write_table(query_table(at, first, tile, count, thread), thread);
    add_products(&sums, KEYS, sizes.E, at, tile, thread);
  }
  let t = first + 8u * (thread / 8u);
  let out = (p / sizes.heads * sizes.T + t) * sizes.heads * sizes.E + (p % sizes.heads) * sizes.E;
  for (var column = thread % 8u; column < sizes.E; column += 8u) {
    for (var i = 0u; i < 8u && t + i < sizes.T; i++) {
      let sum = sums[2u * (column / 8u) + i / 4u][i % 4u];
      dq[out + i * sizes.heads * sizes.E + column] = sizes.scale * sum;
    }
  }
}

@compute @workgroup_size(ROWS)
fn key_gradient(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let tiles = (sizes.S + ROWS - 1u) / ROWS;
  let index = group.x + group.y * groups.x;
  let p = index / tiles;
  if (p >= sizes.rows) {
    return;
  }
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
    add_products(&value_sums, SLOPES, sizes.V, at, tile, thread);
    workgroupBarrier(); // the table is read until here
    let lift = mat4x4(mean, mean, mean, mean);
    write_table(Tile(each(w.low, g.low - lift), each(w.high, g.high - lift)), thread);
    add_products(&key_sums, QUERIES, sizes.E, at, tile, thread);
  }
  let head = p % sizes.heads;
  let row = (p / sizes.heads * sizes.S + s) * sizes.heads + head;
  for (var i = 0u; i < 8u && s + i < sizes.S; i++) {
    for (var column = thread % 8u; column < sizes.E; column += 8u) {
      let sum = key_sums[2u * (column / 8u) + i / 4u][i % 4u];
      dk[(row + i * sizes.heads) * sizes.E + column] = sizes.scale * sum;
    }
    for (var column = thread % 8u; column < sizes.V; column += 8u) {
      dv[(row + i * sizes.heads) * sizes.V + column] =
        value_sums[2u * (column / 8u) + i / 4u][i % 4u];
    }
  }
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
fn bias_gradient(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let across = (sizes.S + COLUMNS - 1u) / COLUMNS;
  let tiles = (sizes.T + ROWS - 1u) / ROWS * across;
  let index = group.x + group.y * groups.x;
  let number = index / tiles;
  if (number >= sizes.biases) {
    return;
  }
  let first = index % tiles / across * ROWS;
  let tile = index % tiles % across * COLUMNS;
  var sums = Tile(mat4x4<f32>(), mat4x4<f32>());
  for (var p = number; p < sizes.rows; p += sizes.biases) {
    let ds = query_table(place(p), first, tile, key_count(p), thread);
    sums.low += ds.low;
    sums.high += ds.high;
  }
  write_table(sums, thread);
  workgroupBarrier();
  for (var i = thread; i < ROWS * COLUMNS; i += ROWS) {
    let t = first + i / COLUMNS;
    let s = tile + i % COLUMNS;
    if (t < sizes.T && s < sizes.S) {
      dbias[(number * sizes.T + t) * sizes.S + s] = table[i / 4u][i % 4u];
    }
  }
}
