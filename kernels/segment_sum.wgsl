// segment_sum: y[s] = sum of the rows x[n] with ids[n] = s, added in the order of n,
// 64 rows at a time
//   x [rows, width] f32 row-major, read     ids [rows] i32, read; negative ids belong nowhere
//   y [segments, width] f32, write
//   one workgroup per segment and 64 columns; ids pass through shared memory 64 at a time
//   no atomics: the order of the sum is that of the rows, so reruns are bit-identical
//   dispatch segments x ceil(width / 64), folded; any rows >= 0
const WORKGROUP = 64u;

struct Sizes {
  rows: u32,
  width: u32,
  segments: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

var<workgroup> tile: array<i32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let across = (sizes.width + WORKGROUP - 1u) / WORKGROUP;
  let index = group.x + group.y * groups.x;
  let segment = index / across;
  let column = (index % across) * WORKGROUP + lane;

  var sum = 0.0;
  for (var start = 0u; start < sizes.rows; start += WORKGROUP) {
    workgroupBarrier();
    if (start + lane < sizes.rows) {
      tile[lane] = ids[start + lane];
    }
    workgroupBarrier();
    let count = min(WORKGROUP, sizes.rows - start);
    var part = 0.0;
    for (var j = 0u; j < count; j++) {
      if (tile[j] == i32(segment) && column < sizes.width) {
        part += x[(start + j) * sizes.width + column];
      }
    }
    sum += part;
  }
  if (segment < sizes.segments && column < sizes.width) {
    y[segment * sizes.width + column] = sum;
  }
}
