// gather_snippets: y[b, n, j, c] = x[b, n, index[b, j], c],
// the same snippets for all crops of a video
//   x [videos, crops, snippets, channels] f32 row-major, read     index [videos, k] i32, read
//   y [videos, crops, k, channels] f32, write
//   one invocation per output; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;

struct Sizes {
  size: u32,
  crops: u32,
  snippets: u32,
  channels: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
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
  let chosen = (i / sizes.channels) % sizes.k;
  let crop = i / sizes.channels / sizes.k; // of all videos
  let snippet = u32(index[crop / sizes.crops * sizes.k + chosen]);
  y[i] = x[(crop * sizes.snippets + snippet) * sizes.channels + channel];
}
