// top_k: index[b, j] = position of the j-th largest of
// values[b, 0..T), the lower position first among equals
//   values [B, T] f32, read     index [B, k] i32, write; k <= T
//   one workgroup per row, k rounds: each finds the largest that comes after the last one chosen in
//     the
//   order (value descending, position ascending), so nothing is marked and T has no limit;
//     k T / 256 reads a lane
//   values are compared as integers in the order of floats (-0 = +0):
//     NaN counts as the largest, as in
//   PyTorch, and every index is valid whatever the values
//   dispatch B, folded
const WORKGROUP = 256u;

struct Sizes {
  rows: u32,
  snippets: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> index: array<i32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

var<workgroup> best_key: array<u32, WORKGROUP>;
var<workgroup> best_at: array<u32, WORKGROUP>;

// f32 bits -> u32 that sorts like the float; 0 stands for nothing
// (only a NaN with all bits set maps there)
fn sort_key(bits: u32) -> u32 {
  if (bits == 0x80000000u) {
    return 0x80000000u;
  }
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  var last_key = 0xffffffffu;
  var last_at = 0u;
  for (var j = 0u; j < sizes.k; j++) {
    var key = 0u;
    var at = 0u;
    for (var t = lane; t < sizes.snippets; t += WORKGROUP) {
      let candidate = sort_key(values[row * sizes.snippets + t]);
      let later = j == 0u || candidate < last_key || (candidate == last_key && t > last_at);
      if (later && candidate > key) {
        key = candidate;
        at = t;
      }
    }
    best_key[lane] = key;
    best_at[lane] = at;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) {
        let other_key = best_key[lane + half];
        let other_at = best_at[lane + half];
        if (
          other_key > best_key[lane] ||
          (other_key == best_key[lane] && other_at < best_at[lane])
        ) {
          best_key[lane] = other_key;
          best_at[lane] = other_at;
        }
      }
    }
    workgroupBarrier();
    last_key = best_key[0];
    last_at = best_at[0];
    if (lane == 0u && row < sizes.rows) {
      index[row * sizes.k + j] = i32(last_at);
    }
    workgroupBarrier();
  }
}
