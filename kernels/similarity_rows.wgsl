// similarity_rows: graph[b, i, j] = softmax over j < n of the cosines above a threshold, the others
// 0; n = lengths[b]
//   dots [videos, snippets, snippets] f32, read: x_i . x_j     norms [videos, snippets] f32, read
//   lengths [videos] i32, read
//   graph [videos, snippets, snippets] f32, write: 0 outside of the n x n corner
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
@group(0) @binding(2) var<storage, read> lengths: array<i32>;
@group(0) @binding(3) var<storage, read_write> graph: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

// include lanes.wgsl
alias LaneValue = f32;

fn power(row: u32, first: u32, j: u32) -> f32 {
  let cosine = dots[row * sizes.snippets + j] / (norms[row] * norms[first + j] + sizes.epsilon);
  return exp(select(0.0, cosine, cosine > sizes.threshold));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  let video = min(row, sizes.rows - 1u) / sizes.snippets;
  let first = video * sizes.snippets; // the video's first row
  let valid = u32(lengths[video]);
  let inside = row < sizes.rows && row - first < valid;
  var sum = 0.0;
  if (inside) {
    for (var j = lane; j < valid; j += WORKGROUP) {
      sum += power(row, first, j);
    }
  }
  sum = lane_sum(sum, lane);
  if (row < sizes.rows) {
    for (var j = lane; j < sizes.snippets; j += WORKGROUP) {
      var weight = 0.0;
      if (inside && j < valid) {
        weight = power(row, first, j) / sum;
      }
      graph[row * sizes.snippets + j] = weight;
    }
  }
}
