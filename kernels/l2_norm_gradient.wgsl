// l2_norm_gradient: dx[r, c] = x[r, c] dy[r] / norm[r], and 0 where the norm is 0, as PyTorch's
//   x [rows, columns] f32 row-major, read     norm, dy [rows] f32, read     dx like x, write
//   one workgroup per row, whose lanes stride over the columns; dispatch rows, folded; any size
override WORKGROUP: u32 = 32u;

struct Sizes {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  if (row >= sizes.rows) {
    return;
  }
  var scale = 0.0;
  if (norm[row] != 0.0) {
    scale = dy[row] / norm[row];
  }
  let end = (row + 1u) * sizes.columns;
  for (var i = row * sizes.columns + lane; i < end; i += WORKGROUP) {
    dx[i] = x[i] * scale;
  }
}
