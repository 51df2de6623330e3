// top_k_mask: mask[r, t] = 1 where values[r, t] is among the k largest of its row, else 0;
// the lower
//   position first among equals
//   of values: values [rows, columns] f32, read
//   of noisy scores: the values of row r are scores[r / samples, t] + sigma noise[r, t]
//     scores [rows / samples, columns], noise [rows, columns] f32, read
//   mask [rows, columns], write: first the values as sortable integers, then f32 1 or 0
//   entries of_few_values, of_few_noisy_scores: the same for short rows.
//     One invocation per element counts what
//   comes before it in its row; no lane waits for another. dispatch ceil(rows columns / 64), folded
//   entries of_values, of_noisy_scores: one workgroup per row, each lane on positions of its own,
//     side by side: nothing is read that another
//   lane wrote. The k-th largest is built bit by bit: a bit is 1 when at least k keys reach it.
//     Counts are
//   integers, so the order of the atomic additions does not matter;
//     one counter a bit, one barrier a bit
//   dispatch rows, folded; any columns, 1 <= k <= columns
const WORKGROUP = 64u;

struct Sizes {
  rows: u32,
  columns: u32,
  k: u32,
  samples: u32,
  sigma: f32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> noise: array<f32>;
@group(0) @binding(3) var<storage, read_write> mask: array<u32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

var<workgroup> reached: array<atomic<u32>, 32>;
var<workgroup> equals: array<u32, WORKGROUP>;

// The positions of a lane: first .. last - 1 of the row.
struct Span {
  first: u32,
  last: u32,
}

fn span_of(row: u32, lane: u32) -> Span {
  let length = (sizes.columns + WORKGROUP - 1u) / WORKGROUP;
  let start = row * sizes.columns;
  let end = select(start, start + sizes.columns, row < sizes.rows);
  return Span(min(start + lane * length, end), min(start + (lane + 1u) * length, end));
}

// f32 -> u32 that sorts like the float; -0 and +0 are equal
fn sort_key(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if (bits == 0x80000000u) {
    return 0x80000000u;
  }
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

fn keep_largest(span: Span, lane: u32) {
  var least = 0u;
  var found = sizes.columns;
  for (var bit = 32u; bit > 0u; bit--) {
    let bound = least | (1u << (bit - 1u));
    // A bound that k keys reach and no more has found them all: what follows changes nothing.
    if (found != sizes.k) {
      var count = 0u;
      for (var i = span.first; i < span.last; i++) {
        count += select(0u, 1u, mask[i] >= bound);
      }
      if (count > 0u) {
        atomicAdd(&reached[bit - 1u], count);
      }
    }
    workgroupBarrier();
    let count = atomicLoad(&reached[bit - 1u]);
    if (found != sizes.k && count >= sizes.k) {
      least = bound;
      found = count;
    }
  }
  // Where equals of the k-th largest made the count overshoot, `least` is that value itself:
  // the first
  // of its equals stay.
  var same = 0u;
  for (var i = span.first; i < span.last; i++) {
    same += select(0u, 1u, mask[i] == least);
  }
  equals[lane] = same;
  workgroupBarrier();
  var total = 0u;
  var before = 0u;
  for (var other = 0u; other < WORKGROUP; other++) {
    total += equals[other];
    before += select(0u, equals[other], other < lane);
  }
  let kept = select(sizes.k + total - found, total, found == sizes.k);
  for (var i = span.first; i < span.last; i++) {
    let key = mask[i];
    let chosen = key > least || (key == least && before < kept);
    before += select(0u, 1u, key == least);
    mask[i] = select(0u, bitcast<u32>(1.0), chosen);
  }
}

@compute @workgroup_size(WORKGROUP)
fn of_values(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let span = span_of(group.x + group.y * groups.x, lane);
  for (var i = span.first; i < span.last; i++) {
    mask[i] = sort_key(values[i]);
  }
  keep_largest(span, lane);
}

@compute @workgroup_size(WORKGROUP)
fn of_noisy_scores(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  let span = span_of(row, lane);
  for (var i = span.first; i < span.last; i++) {
    mask[i] = noisy_key(i, row);
  }
  keep_largest(span, lane);
}

fn noisy_key(i: u32, row: u32) -> u32 {
  let shift = (row - row / sizes.samples) * sizes.columns; // from a copy's position to the score's
  return sort_key(scores[i - shift] + sizes.sigma * noise[i]);
}

@compute @workgroup_size(WORKGROUP)
fn of_few_values(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * WORKGROUP + lane;
  let row = at / sizes.columns;
  if (row >= sizes.rows) {
    return;
  }
  let own = sort_key(values[at]);
  var before = 0u;
  for (var i = row * sizes.columns; i < (row + 1u) * sizes.columns; i++) {
    let key = sort_key(values[i]);
    before += select(0u, 1u, key > own || (key == own && i < at));
  }
  mask[at] = select(0u, bitcast<u32>(1.0), before < sizes.k);
}

@compute @workgroup_size(WORKGROUP)
fn of_few_noisy_scores(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * WORKGROUP + lane;
  let row = at / sizes.columns;
  if (row >= sizes.rows) {
    return;
  }
  let own = noisy_key(at, row);
  var before = 0u;
  for (var i = row * sizes.columns; i < (row + 1u) * sizes.columns; i++) {
    let key = noisy_key(i, row);
    before += select(0u, 1u, key > own || (key == own && i < at));
  }
  mask[at] = select(0u, bitcast<u32>(1.0), before < sizes.k);
}
