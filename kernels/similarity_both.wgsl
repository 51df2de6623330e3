// similarity_both: both[i, j] = share[i, j] + share[j, i], and what each snippet's norm takes back
// of its gradient
//   shrink[i] = sum over j of both[i, j] cosine[i, j] norm_j, by norm_i; 0 where norm_i is 0
//   share, dots [videos, snippets, snippets] f32, read     norms [videos, snippets] f32, read
//   both [videos, snippets, snippets] f32, write     shrink [videos, snippets] f32, write
//   one workgroup per row; lanes stride over the columns, then a tree sum in shared memory
//   summation order is fixed by WORKGROUP and snippets alone, so reruns are bit-identical
//   dispatch videos x snippets, folded; any sizes >= 1
override WORKGROUP: u32 = 64u;

struct Sizes {
  rows: u32,
  snippets: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> share: array<f32>;
@group(0) @binding(1) var<storage, read> dots: array<f32>;
@group(0) @binding(2) var<storage, read> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> both: array<f32>;
@group(0) @binding(4) var<storage, read_write> shrink: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

// include lanes.wgsl
alias LaneValue = f32;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  let own = row % sizes.snippets;
  let first = row - own; // the video's first row
  var sum = 0.0;
  if (row < sizes.rows) {
    for (var j = lane; j < sizes.snippets; j += WORKGROUP) {
      let at = row * sizes.snippets + j;
      let pair = share[at] + share[(first + j) * sizes.snippets + own];
      let norm = norms[first + j];
      both[at] = pair;
      sum += pair * dots[at] / (norms[row] * norm + sizes.epsilon) * norm;
    }
  }
  sum = lane_sum(sum, lane);
  if (lane == 0u && row < sizes.rows) {
    var factor = 0.0;
    if (norms[row] > 0.0) {
      factor = sum / norms[row];
    }
    shrink[row] = factor;
  }
}
