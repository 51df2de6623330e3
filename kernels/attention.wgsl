// attention: y = softmax(scale q k^T + bias) v by online softmax, and lse, the log of each row's
// sum of exp
//   q [R, T, .] k, v [R, S, .] f32, read, heads side by side in the channels; channels e of
//     (r, t, head) of q are q[q_start + (r T + t) q_row + head E + e], so that q, k and v may be
//     columns of one tensor
//   y (r, t, head, i) at (r T + t) y_row + head y_head + i, write     lse [R heads, T], write
//   all of q, k, v and y in vec4: E, V, starts and rows count fours of channels
//   bias [biases, T, S] read where biases > 0, row p takes number p mod biases
//   lengths [R heads / length_rows] i32 read where length_rows > 0: row p sees the first
//     lengths[p / length_rows] keys
//   causal: query t sees keys s <= t
//   window > 0: query t sees the keys of its block; blocks that end past T see none
//   state as in philox.wgsl, read where threshold > 0: weight (p T + t) S + s is dropped, or scaled
//     by keep
//   a query that sees no key: y and lse are `undefined`, a NaN
// Milakov and Gimelshein 2018 (online softmax); Dao et al. 2022 (tiles). A workgroup takes ROWS
// queries of one row and head and walks over 32 keys at a time. Nothing of size T x S is stored.
// It sums 64 fours of the channels of v; where there are more, each share makes the weights anew.
//   dispatch ceil(V / 64) x R heads x ceil(T / ROWS), folded
// include attention_tables.wgsl
// include attention_weights.wgsl
const LOWEST = -3e38;

@group(0) @binding(5) var<storage, read> lengths: array<i32>;
@group(0) @binding(6) var<storage, read> state: array<u32>;
@group(0) @binding(7) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read_write> lse: array<f32>;

fn load(which: u32, place: Place, position: u32, column: u32) -> vec4<f32> {
  return load_input(which, place, position, column);
}

fn random_state() -> vec3<u32> {
  return vec3(state[0], state[1], state[2]);
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

// Logits of query t and the keys s .. s + 3, LOWEST where it does not see a key.
fn logits(products: vec4<f32>, p: u32, t: u32, s: u32, end: u32) -> vec4<f32> {
  return select(vec4(LOWEST), query_logits(products, p, t, s), seen_keys(t, s, end));
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
  let begin = index / (tiles * sizes.rows) * SHARE; // of the channels
  if (begin >= max(sizes.V, 1u)) {
    return;
  }
  let p = index / tiles % sizes.rows;
  let first = (index % tiles) * ROWS;
  let at = place(p);

  var count = sizes.S;
  if (sizes.length_rows > 0u) {
    count = min(count, u32(max(lengths[p / sizes.length_rows], 0)));
  }
  let keys = keys_of_tile(first, count);

  let across = thread % 8u; // keys 4 across .. of a tile, channels 4 across .. of half a chunk
  let down = 8u * (thread / 8u); // queries down .. down + 7, as two times four
  let t = first + down;
  let chunks = chunks_of(begin, sizes.V);
  var largest0 = vec4(LOWEST); // of each query
  var largest1 = vec4(LOWEST);
  var total0 = vec4(0.0); // over the keys of this thread alone
  var total1 = vec4(0.0);
  var sums: Sums;

  for (var tile = keys.begin; tile < keys.end; tile += COLUMNS) {
    let found = products(QUERIES, KEYS, sizes.E, at, first, tile, thread);
    let s = tile + 4u * across;
    let l0 = mat4x4(
      logits(found.low[0], p, t, s, keys.end),
      logits(found.low[1], p, t + 1u, s, keys.end),
      logits(found.low[2], p, t + 2u, s, keys.end),
      logits(found.low[3], p, t + 3u, s, keys.end),
    );
    let l1 = mat4x4(
      logits(found.high[0], p, t + 4u, s, keys.end),
      logits(found.high[1], p, t + 5u, s, keys.end),
      logits(found.high[2], p, t + 6u, s, keys.end),
      logits(found.high[3], p, t + 7u, s, keys.end),
    );
    workgroupBarrier();
    let mine = across * (ROWS / 4u) + down / 4u;
    set_mark(mine, vec4(highest(l0[0]), highest(l0[1]), highest(l0[2]), highest(l0[3])));
    set_mark(mine + 1u, vec4(highest(l1[0]), highest(l1[1]), highest(l1[2]), highest(l1[3])));
    workgroupBarrier();
    var most0 = largest0;
    var most1 = largest1;
    for (var i = 0u; i < 8u; i++) {
      most0 = max(most0, mark(i * (ROWS / 4u) + down / 4u));
      most1 = max(most1, mark(i * (ROWS / 4u) + down / 4u + 1u));
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
    write_table(Tile(w0, w1), thread);
    for (var i = 0u; i < 4u * chunks; i += 2u) {
      sums[i] = scaled(sums[i], fade0);
      sums[i + 1u] = scaled(sums[i + 1u], fade1);
    }
    add_products(&sums, VALUES, begin, sizes.V, at, tile, thread);
  }

  workgroupBarrier();
  set_mark(across * (ROWS / 4u) + down / 4u, total0);
  set_mark(across * (ROWS / 4u) + down / 4u + 1u, total1);
  workgroupBarrier();
  for (var half = 0u; half < 2u; half++) {
    var sum = vec4(0.0);
    for (var i = 0u; i < 8u; i++) {
      sum += mark(i * (ROWS / 4u) + down / 4u + half);
    }
    let largest = select(largest0, largest1, half == 1u);
    for (var i = 0u; i < 4u && t + 4u * half + i < sizes.T; i++) {
      let row = t + 4u * half + i;
      let lost = sum[i] == 0.0;
      if (across == 0u && begin == 0u) {
        lse[p * sizes.T + row] = select(largest[i] + log(sum[i]), sizes.undefined, lost);
      }
      let out = at.y + row * sizes.y_row;
      for (var chunk = 0u; chunk < 2u * chunks; chunk++) {
        let column = begin + chunk * 8u + across;
        if (column < sizes.V) {
          y[out + column] = select(
            sums[2u * chunk + half][i] / sum[i],
            vec4(sizes.undefined),
            lost,
          );
        }
      }
    }
  }
}
