// attention_rows: what attention_gradient.wgsl needs of each query beside its channels, and two
// small inputs, in one buffer: kernels may bind eight
//   dy, y (r, t, head, i) at (r T + t) y_row + head y_head + i, in vec4, read: V, y_row and y_head
//     count fours
//   lse [rows, T] f32, rows = R heads; lengths [lengths_count] i32; state [4] u32 where stated;
//     read
//   packed [4 + lengths_count + 2 rows T] u32, write: state, lengths, then lse and dy . y of each
//     query, as bits
//   one invocation per query; dispatch ceil(max(rows T, 4 + lengths_count) / 64), folded
struct Sizes {
  rows: u32,
  T: u32,
  V: u32,
  heads: u32,
  y_row: u32,
  y_head: u32,
  lengths_count: u32,
  stated: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> packed: array<u32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i < 4u && sizes.stated != 0u) {
    packed[i] = state[i];
  }
  if (i < sizes.lengths_count) {
    packed[4u + i] = lengths[i];
  }
  if (i >= sizes.rows * sizes.T) {
    return;
  }
  let p = i / sizes.T;
  let position = p / sizes.heads * sizes.T + i % sizes.T;
  let at = position * sizes.y_row + p % sizes.heads * sizes.y_head;
  var sum = 0.0;
  for (var c = 0u; c < sizes.V; c++) {
    sum += dot(dy[at + c], y[at + c]);
  }
  let pair = 4u + sizes.lengths_count + 2u * i;
  packed[pair] = bitcast<u32>(lse[i]);
  packed[pair + 1u] = bitcast<u32>(sum);
}
