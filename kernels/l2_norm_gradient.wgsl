// l2_norm_gradient: dx[r, c] = x[r, c] dy[r] / norm[r], and 0 where the norm is 0, as PyTorch's
//   x [rows, columns] f32 row-major, read     norm, dy [rows] f32, read     dx like x, write
//   one invocation per element; dispatch ceil(size / 256), folded; any size
override WORKGROUP: u32 = 256u;

struct Sizes {
  size: u32,
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
  let i = (group.x + group.y * groups.x) * WORKGROUP + lane;
  if (i >= sizes.size) {
    return;
  }
  let row = i / sizes.columns;
  if (norm[row] == 0.0) {
    dx[i] = 0.0;
  } else {
    dx[i] = x[i] * (dy[row] / norm[row]);
  }
}
