// attention: y = softmax(scale q k^T + bias) v by online softmax, and lse, the log of each row's sum of exp
//   q [R, T, .] k, v [R, S, .] f32, heads side by side in the channels; channels e of (r, t, head) of q are
//     q[q_start + (r T + t) q_row + head E + e], so that q, k and v may be columns of one tensor; read
//   y (r, t, head, i) at (r T + t) y_row + head y_head + i, write     lse [R heads, T], write
//   all of q, k, v and y in vec4: E, V, starts and rows count fours of channels
//   bias [biases, T, S] read where biases > 0, row p takes number p mod biases
//   lengths [R heads / length_rows] i32 read where length_rows > 0: row p sees the first lengths[p / length_rows] keys
//   causal: query t sees keys s <= t     window > 0: the keys of its block, blocks that end past T are none
//   state as in philox.wgsl, read where threshold > 0: weight (p T + t) S + s is dropped or scaled by keep
//   a query that sees no key: y and lse are `undefined`, a NaN
// Milakov and Gimelshein 2018 (online softmax); Dao et al. 2022 (tiles). A workgroup takes ROWS queries of one row
// and head and walks over 32 keys at a time; a thread holds 8 queries x 4 keys, then 8 queries x 8 channels of every
// 64. Nothing of size T x S is stored; the order of all sums depends on the shape alone.
//   workgroup memory: stage 512 (608) vec4, table ROWS x 8 vec4: 16 KB (13.5 KB)
//   dispatch R heads x ceil(T / ROWS), folded; E, V <= 64 fours
override ROWS: u32 = 64u; // 32 or 64; a thread for each
override DEPTH: u32 = 4u; // vec4 of the channels staged at a time: 4, or 8 with 32 rows
const KEYS = 32u;
override PITCH: u32 = DEPTH + 1u; // odd, so that eight neighbouring rows meet all banks
const CHUNK = 16u; // vec4 of the channels of v at a time
const LOWEST = -3e38;

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
  causal: u32,
  window: u32,
  stream: u32,
  threshold: u32,
  keep: f32,
  scale: f32,
  undefined: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read> state: array<u32>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> lse: array<f32>;
@group(0) @binding(8) var<uniform> sizes: Sizes;

// Queries, then keys: slot (s mod 4) 8 + s / 4 holds key s of the tile. In turn with values [32 keys, 16 vec4].
var<workgroup> stage: array<vec4<f32>, (ROWS + 32u) * PITCH + 32u>;
var<workgroup> table: array<vec4<f32>, ROWS * 8u>; // weights [queries, 32 keys]

fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u);
}

fn philox(block: u32) -> vec4<u32> {
  var counter = vec4<u32>(block, sizes.stream, state[2], 0u);
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

// Dropout of four queries' weights from number `first` on.
fn kept(w: mat4x4<f32>, first: u32) -> mat4x4<f32> {
  return mat4x4(
    w[0] * factors(first),
    w[1] * factors(first + sizes.S),
    w[2] * factors(first + 2u * sizes.S),
    w[3] * factors(first + 3u * sizes.S),
  );
}

// Products with the keys s .. s + 3 as logits of query t: with the bias, LOWEST where it does not see a key.
fn logits(products: vec4<f32>, p: u32, t: u32, s: u32, end: u32) -> vec4<f32> {
  let keys = vec4(s) + vec4(0u, 1u, 2u, 3u);
  var sees = keys < vec4(end);
  if (sizes.causal != 0u) {
    sees = sees & (keys <= vec4(t));
  }
  if (sizes.window > 0u) {
    let block = t / sizes.window;
    sees = sees & (keys / vec4(sizes.window) == vec4(block)) &
      vec4((block + 1u) * sizes.window <= sizes.T);
  }
  var sum = products * sizes.scale;
  if (sizes.biases > 0u && t < sizes.T) {
    let at = ((p % sizes.biases) * sizes.T + t) * sizes.S + s; // sees says which of the four count
    sum += vec4(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]);
  }
  return select(vec4(LOWEST), sum, sees);
}

// exp of four queries' logits over their largest ones.
fn weights(l: mat4x4<f32>, largest: vec4<f32>) -> mat4x4<f32> {
  return mat4x4(
    weight(l[0], largest.x),
    weight(l[1], largest.y),
    weight(l[2], largest.z),
    weight(l[3], largest.w),
  );
}

fn weight(logits: vec4<f32>, largest: f32) -> vec4<f32> {
  return select(vec4(0.0), exp(logits - vec4(largest)), logits > vec4(LOWEST));
}

fn highest(x: vec4<f32>) -> f32 {
  return max(max(x.x, x.y), max(x.z, x.w));
}

// Column i times by[i].
fn scaled(x: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
  return mat4x4(x[0] * by.x, x[1] * by.y, x[2] * by.z, x[3] * by.w);
}

@compute @workgroup_size(ROWS)
fn main(
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
  let r = p / sizes.heads;
  let head = p % sizes.heads;
  let q_at = sizes.q_start + r * sizes.T * sizes.q_row + head * sizes.E;
  let k_at = sizes.k_start + r * sizes.S * sizes.k_row + head * sizes.E;
  let v_at = sizes.v_start + r * sizes.S * sizes.v_row + head * sizes.V;

  // Keys that some query of this tile may see.
  var begin = 0u;
  var end = sizes.S;
  if (sizes.length_rows > 0u) {
    end = min(end, u32(max(lengths[p / sizes.length_rows], 0)));
  }
  if (sizes.causal != 0u) {
    end = min(end, first + ROWS);
  }
  if (sizes.window > 0u) {
    begin = first / sizes.window * sizes.window;
    end = min(end, (min(first + ROWS, sizes.T) - 1u) / sizes.window * sizes.window + sizes.window);
  }

  let across = thread % 8u; // keys 4 across .. of a tile, channels 4 across .. of half a chunk
  let down = 8u * (thread / 8u); // queries down .. down + 7, as two times four
  let t = first + down;
  let load_column = thread % DEPTH;
  let load_row = thread / DEPTH;
  let depths = (sizes.E + DEPTH - 1u) / DEPTH;
  let chunks = (sizes.V + CHUNK - 1u) / CHUNK;
  var largest0 = vec4(LOWEST); // of each query
  var largest1 = vec4(LOWEST);
  var total0 = vec4(0.0); // over the keys of this thread alone
  var total1 = vec4(0.0);
  var sums: array<mat4x4<f32>, 16>; // [chunk, half, queries]; a column is a query

  for (var tile = begin; tile < end; tile += KEYS) {
    var l0 = mat4x4<f32>(); // a column is a query, its elements keys
    var l1 = mat4x4<f32>();
    for (var depth = 0u; depth < depths; depth++) {
      workgroupBarrier();
      let column = depth * DEPTH + load_column;
      for (var row = load_row; row < ROWS; row += ROWS / DEPTH) {
        let loaded = q[q_at + (first + row) * sizes.q_row + column];
        let inside = first + row < sizes.T && column < sizes.E;
        stage[row * PITCH + load_column] = select(vec4(0.0), loaded, inside);
      }
      for (var s = load_row; s < KEYS; s += ROWS / DEPTH) {
        let loaded = k[k_at + (tile + s) * sizes.k_row + column];
        let inside = tile + s < sizes.S && column < sizes.E;
        let slot = ROWS + (s % 4u) * 8u + s / 4u;
        stage[slot * PITCH + load_column] = select(vec4(0.0), loaded, inside);
      }
      workgroupBarrier();
      for (var e = 0u; e < DEPTH; e++) {
        let keys = transpose(mat4x4(
          stage[(ROWS + across) * PITCH + e],
          stage[(ROWS + 8u + across) * PITCH + e],
          stage[(ROWS + 16u + across) * PITCH + e],
          stage[(ROWS + 24u + across) * PITCH + e],
        ));
        l0 += keys * mat4x4(
          stage[down * PITCH + e],
          stage[(down + 1u) * PITCH + e],
          stage[(down + 2u) * PITCH + e],
          stage[(down + 3u) * PITCH + e],
        );
        l1 += keys * mat4x4(
          stage[(down + 4u) * PITCH + e],
          stage[(down + 5u) * PITCH + e],
          stage[(down + 6u) * PITCH + e],
          stage[(down + 7u) * PITCH + e],
        );
      }
    }

    let s = tile + 4u * across;
    l0 = mat4x4(
      logits(l0[0], p, t, s, end),
      logits(l0[1], p, t + 1u, s, end),
      logits(l0[2], p, t + 2u, s, end),
      logits(l0[3], p, t + 3u, s, end),
    );
    l1 = mat4x4(
      logits(l1[0], p, t + 4u, s, end),
      logits(l1[1], p, t + 5u, s, end),
      logits(l1[2], p, t + 6u, s, end),
      logits(l1[3], p, t + 7u, s, end),
    );
    workgroupBarrier();
    let mine = across * (ROWS / 4u) + down / 4u;
    stage[mine] = vec4(highest(l0[0]), highest(l0[1]), highest(l0[2]), highest(l0[3]));
    stage[mine + 1u] = vec4(highest(l1[0]), highest(l1[1]), highest(l1[2]), highest(l1[3]));
    workgroupBarrier();
    var most0 = largest0;
    var most1 = largest1;
    for (var i = 0u; i < 8u; i++) {
      most0 = max(most0, stage[i * (ROWS / 4u) + down / 4u]);
      most1 = max(most1, stage[i * (ROWS / 4u) + down / 4u + 1u]);
    }
    let fade0 = exp(largest0 - most0);
    let fade1 = exp(largest1 - most1);
    largest0 = most0;
    largest1 = most1;
    var w0 = weights(l0, most0);
    var w1 = weights(l1, most1);
    total0 = total0 * fade0 + vec4(1.0) * w0;
    total1 = total1 * fade1 + vec4(1.0) * w1;
    if (sizes.threshold > 0u) {
      let number = (p * sizes.T + t) * sizes.S + s;
      w0 = kept(w0, number);
      w1 = kept(w1, number + 4u * sizes.S);
    }
    let slot = down * 8u + across;
    table[slot] = w0[0];
    table[slot + 8u] = w0[1];
    table[slot + 16u] = w0[2];
    table[slot + 24u] = w0[3];
    table[slot + 32u] = w1[0];
    table[slot + 40u] = w1[1];
    table[slot + 48u] = w1[2];
    table[slot + 56u] = w1[3];

    for (var chunk = 0u; chunk < chunks; chunk++) {
      workgroupBarrier();
      let column = chunk * CHUNK + thread % CHUNK;
      for (var s = thread / CHUNK; s < KEYS; s += ROWS / CHUNK) {
        let loaded = v[v_at + (tile + s) * sizes.v_row + column];
        let inside = tile + s < sizes.S && column < sizes.V;
        stage[s * CHUNK + thread % CHUNK] = select(vec4(0.0), loaded, inside);
      }
      workgroupBarrier();
      var o0 = scaled(sums[4u * chunk], fade0);
      var o1 = scaled(sums[4u * chunk + 1u], fade1);
      var o2 = scaled(sums[4u * chunk + 2u], fade0);
      var o3 = scaled(sums[4u * chunk + 3u], fade1);
      for (var four = 0u; four < 8u; four++) {
        let at = 64u * four + across;
        let low = mat4x4(stage[at], stage[at + 16u], stage[at + 32u], stage[at + 48u]);
        let high = mat4x4(stage[at + 8u], stage[at + 24u], stage[at + 40u], stage[at + 56u]);
        let row = down * 8u + four;
        let w0 = mat4x4(table[row], table[row + 8u], table[row + 16u], table[row + 24u]);
        let w1 = mat4x4(table[row + 32u], table[row + 40u], table[row + 48u], table[row + 56u]);
        o0 += low * w0;
        o1 += low * w1;
        o2 += high * w0;
        o3 += high * w1;
      }
      sums[4u * chunk] = o0;
      sums[4u * chunk + 1u] = o1;
      sums[4u * chunk + 2u] = o2;
      sums[4u * chunk + 3u] = o3;
    }
  }

  workgroupBarrier();
  stage[across * (ROWS / 4u) + down / 4u] = total0;
  stage[across * (ROWS / 4u) + down / 4u + 1u] = total1;
  workgroupBarrier();
  for (var half = 0u; half < 2u; half++) {
    var sum = vec4(0.0);
    for (var i = 0u; i < 8u; i++) {
      sum += stage[i * (ROWS / 4u) + down / 4u + half];
    }
    let largest = select(largest0, largest1, half == 1u);
    for (var i = 0u; i < 4u && t + 4u * half + i < sizes.T; i++) {
      let row = t + 4u * half + i;
      let lost = sum[i] == 0.0;
      if (across == 0u) {
        lse[p * sizes.T + row] = select(largest[i] + log(sum[i]), sizes.undefined, lost);
      }
      let at = (r * sizes.T + row) * sizes.y_row + head * sizes.y_head;
      for (var chunk = 0u; chunk < 2u * chunks; chunk++) {
        let column = chunk * 8u + across;
        if (column < sizes.V) {
          y[at + column] = select(
            sums[2u * chunk + half][i] / sum[i],
            vec4(sizes.undefined),
            lost,
          );
        }
      }
    }
  }
}
