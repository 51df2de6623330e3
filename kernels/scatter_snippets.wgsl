// scatter_snippets: dx[b, n, t, c] = sum of dy[b, n, j, c] over the j with index[b, j] = t
//   the gradient of gather_snippets: snippets chosen twice add up, snippets not chosen are 0
//   dy [videos, crops, k, channels] f32 row-major, read     index [videos, k] i32, read
//   dx [videos, crops, snippets, channels] f32, write
//   one invocation per output; the sum runs over j in order, without atomics,
//     so reruns are bit-identical
//   dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;

struct Sizes {
  size: u32,
  crops: u32,
  snippets: u32,
  channels: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * WORKGROUP + lane;
  if (i >= sizes.size) {
    return;
  }
  let channel = i % sizes.channels;
  let snippet = i32((i / sizes.channels) % sizes.snippets);
  let crop = i / sizes.channels / sizes.snippets; // of all videos
  let first = crop / sizes.crops * sizes.k;
  var sum = 0.0;
  for (var j = 0u; j < sizes.k; j++) {
    if (index[first + j] == snippet) {
      sum += dy[(crop * sizes.k + j) * sizes.channels + channel];
    }
  }
  dx[i] = sum;
}
