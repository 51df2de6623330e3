// column_sum: y[b, c] = sum of x[r, c] over the rows r of block b, 256 rows a block
//   x [rows, columns] f32 row-major, read     y [ceil(rows / 256), columns] f32, write
//   one workgroup per block of 256 rows x 32 columns: 8 lanes stride over the rows of a column,
//     then a tree sum in shared memory; more than one block takes further passes over y
//   summation order is fixed by the shape alone, so reruns are bit-identical
//   dispatch blocks x ceil(columns / 32), folded; any rows >= 0, columns >= 1
const COLUMNS = 32u;
const LANES = 8u;
const ROWS = 256u;

struct Sizes {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

// include column_lanes.wgsl
alias LaneValue = f32;

@compute @workgroup_size(COLUMNS, LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let across = (sizes.columns + COLUMNS - 1u) / COLUMNS;
  let index = group.x + group.y * groups.x;
  let block = index / across;
  let column = (index % across) * COLUMNS + local.x;

  let end = min((block + 1u) * ROWS, sizes.rows);
  var sum = 0.0;
  if (column < sizes.columns) {
    for (var r = block * ROWS + local.y; r < end; r += LANES) {
      sum += x[r * sizes.columns + column];
    }
  }
  sum = column_lanes_sum(sum, local.xy);
  // Workgroups past the end come from folding the grid: their block has no row of y.
  if (local.y == 0u && column < sizes.columns && (block * ROWS < sizes.rows || block == 0u)) {
    y[block * sizes.columns + column] = sum;
  }
}
