// attention_tables: tables [ROWS rows, 32 columns] of products in workgroup memory, and products
// with them; included by attention.wgsl and its gradients, which say what the rows and columns are
// and give
//   fn load(which: u32, place: Place, position: u32, column: u32) -> vec4<f32>
//   A thread holds 8 rows x 4 columns of the table, then 8 rows x 8 channels of every 64, of the
//   256 channels that a workgroup sums; several share a wider head, each with a table of its own.
//   No atomics: every sum is made by one thread in an order that depends on the shape alone.
//   workgroup memory: stage 512 (608) and table ROWS x 8 of Stored: 16 KB (13.5 KB) in f32
//   attention_storage.wgsl is attention_single.wgsl or attention_half.wgsl: what operands are kept
//     as; sums are f32
// include attention_storage.wgsl
override ROWS: u32 = 64u; // 32 or 64; a thread for each
override DEPTH: u32 = 4u; // vec4 of the channels staged at a time: 4, or 8 with 32 rows
override PITCH: u32 = DEPTH + 1u; // odd, so that eight neighbouring rows meet all banks
const COLUMNS = 32u;
const CHUNK = 16u; // vec4 of the channels that a product with the table takes at a time
const SHARE = 64u; // vec4 of the channels that a workgroup sums

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
  header: u32, // of the gradients: where the pairs of packed begin
  undefined: f32, // of the forward pass
}

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

// Rows, then columns: slot (c mod 4) 8 + c / 4 holds column c of the tile.
// In turn with [32 columns, 16 vec4].
var<workgroup> stage: array<Stored, (ROWS + 32u) * PITCH + 32u>;
var<workgroup> table: array<Stored, ROWS * 8u>; // [rows, 32 columns]

fn staged(i: u32) -> vec4<f32> {
  return vec4<f32>(stage[i]);
}

fn entry(i: u32) -> vec4<f32> {
  return vec4<f32>(table[i]);
}

// What the rows or the columns of a product are.
const QUERIES = 0u;
const KEYS = 1u;
const VALUES = 2u;

// Where a row and head begins in each tensor.
struct Place {
  p: u32,
  q: u32,
  k: u32,
  v: u32,
  y: u32, // and its slopes
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

// Four channels of a query, key or value, 0 outside.
fn load_input(which: u32, place: Place, position: u32, column: u32) -> vec4<f32> {
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
    default: {
      x = v[place.v + position * sizes.v_row + column];
      inside = position < sizes.S && column < sizes.V;
    }
  }
  return select(vec4(0.0), x, inside);
}

// Eight rows of a thread as two matrices: a column is a row of the table,
// its elements four neighbouring columns.
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
      stage[row * PITCH + load_column] =
        Stored(load(rows_of, place, first + row, depth + load_column));
    }
    for (var c = thread / DEPTH; c < COLUMNS; c += ROWS / DEPTH) {
      let slot = ROWS + (c % 4u) * 8u + c / 4u;
      stage[slot * PITCH + load_column] =
        Stored(load(columns_of, place, tile + c, depth + load_column));
    }
    workgroupBarrier();
    for (var e = 0u; e < DEPTH; e++) {
      let columns = transpose(mat4x4(
        staged((ROWS + across) * PITCH + e),
        staged((ROWS + 8u + across) * PITCH + e),
        staged((ROWS + 16u + across) * PITCH + e),
        staged((ROWS + 24u + across) * PITCH + e),
      ));
      sums.low += columns * mat4x4(
        staged(down * PITCH + e),
        staged((down + 1u) * PITCH + e),
        staged((down + 2u) * PITCH + e),
        staged((down + 3u) * PITCH + e),
      );
      sums.high += columns * mat4x4(
        staged((down + 4u) * PITCH + e),
        staged((down + 5u) * PITCH + e),
        staged((down + 6u) * PITCH + e),
        staged((down + 7u) * PITCH + e),
      );
    }
  }
  return sums;
}

fn write_table(x: Tile, thread: u32) {
  let slot = 64u * (thread / 8u) + thread % 8u;
  table[slot] = Stored(x.low[0]);
  table[slot + 8u] = Stored(x.low[1]);
  table[slot + 16u] = Stored(x.low[2]);
  table[slot + 24u] = Stored(x.low[3]);
  table[slot + 32u] = Stored(x.high[0]);
  table[slot + 40u] = Stored(x.high[1]);
  table[slot + 48u] = Stored(x.high[2]);
  table[slot + 56u] = Stored(x.high[3]);
}

// Sums of eight rows x 8 channels of every 64: [chunk, half of the channels, rows];
// a column is a row.
alias Sums = array<mat4x4<f32>, 16>;

// Chunks of a workgroup's share of `width` fours of channels.
fn chunks_of(begin: u32, width: u32) -> u32 {
  return (min(max(width, begin), begin + SHARE) - begin + CHUNK - 1u) / CHUNK;
}

// sums += table x, x [32 columns of the table, SHARE of width fours of channels, from begin on]:
// 32 terms are summed before they are added, as
// a single chain over long videos would lose digits.
fn add_products(
  sums: ptr<function, Sums>,
  which: u32,
  begin: u32,
  width: u32,
  place: Place,
  tile: u32,
  thread: u32,
) {
  let across = thread % 8u;
  let rows = 64u * (thread / 8u);
  let chunks = chunks_of(begin, width);
  for (var chunk = 0u; chunk < chunks; chunk++) {
    workgroupBarrier();
    let column = thread % CHUNK;
    for (var c = thread / CHUNK; c < COLUMNS; c += ROWS / CHUNK) {
      stage[c * CHUNK + column] = Stored(load(which, place, tile + c, begin + chunk * CHUNK + column));
    }
    workgroupBarrier();
    var s0 = mat4x4<f32>();
    var s1 = mat4x4<f32>();
    var s2 = mat4x4<f32>();
    var s3 = mat4x4<f32>();
    for (var four = 0u; four < 8u; four++) {
      let at = 64u * four + across;
      let low = mat4x4(staged(at), staged(at + 16u), staged(at + 32u), staged(at + 48u));
      let high = mat4x4(staged(at + 8u), staged(at + 24u), staged(at + 40u), staged(at + 56u));
      let row = rows + four;
      let w0 = mat4x4(entry(row), entry(row + 8u), entry(row + 16u), entry(row + 24u));
      let w1 = mat4x4(entry(row + 32u), entry(row + 40u), entry(row + 48u), entry(row + 56u));
      s0 += low * w0;
      s1 += low * w1;
      s2 += high * w0;
      s3 += high * w1;
    }
    (*sums)[4u * chunk] += s0;
    (*sums)[4u * chunk + 1u] += s1;
    (*sums)[4u * chunk + 2u] += s2;
    (*sums)[4u * chunk + 3u] += s3;
  }
}
