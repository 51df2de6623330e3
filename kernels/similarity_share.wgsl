// similarity_share: from the gradient of a similarity graph to what each pair has in it, by the
// scale of its cosine
//   share[i, j] = graph (dy - sum over j of graph dy) / (norm_i norm_j + epsilon) where the cosine
//     passed, else 0
//   dots, graph, dy [videos, snippets, snippets] f32, read     norms [videos, snippets] f32, read
//   share [videos, snippets, snippets] f32, write
//   one workgroup per row; lanes stride over the columns, then a tree sum in shared memory
//   summation order is fixed by WORKGROUP and snippets alone, so reruns are bit-identical
//   dispatch videos x snippets, folded; any sizes >= 1
override WORKGROUP: u32 = 64u;

struct Sizes {
  rows: u32,
  snippets: u32,
  threshold: f32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> dots: array<f32>;
@group(0) @binding(1) var<storage, read> norms: array<f32>;
@group(0) @binding(2) var<storage, read> graph: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> share: array<f32>;
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
  let first = row - row % sizes.snippets; // the video's first row
  var sum = 0.0;
  if (row < sizes.rows) {
    for (var j = lane; j < sizes.snippets; j += WORKGROUP) {
      let at = row * sizes.snippets + j;
      sum += graph[at] * dy[at];
    }
  }
  sum = lane_sum(sum, lane);
  if (row < sizes.rows) {
    for (var j = lane; j < sizes.snippets; j += WORKGROUP) {
      let at = row * sizes.snippets + j;
      let scale = norms[row] * norms[first + j] + sizes.epsilon;
      let passed = dots[at] / scale > sizes.threshold;
      share[at] = select(0.0, graph[at] * (dy[at] - sum) / scale, passed);
    }
  }
}
