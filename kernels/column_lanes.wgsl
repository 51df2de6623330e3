// column_lanes: workgroups of COLUMNS columns with LANES lanes each,
// which share the rows of a column
//   uses the kernel's COLUMNS, its LANES, a power of two, and its alias LaneValue:
//     f32, or a vector of it
//   a tree in shared memory, so the order is fixed by LANES alone; every lane must call
var<workgroup> lane_values: array<LaneValue, COLUMNS * LANES>;

// The sum of what the lanes of a column hold, for all of them; at: column and lane.
fn column_lanes_sum(value: LaneValue, at: vec2<u32>) -> LaneValue {
  workgroupBarrier(); // what was added up before has been read
  lane_values[at.y * COLUMNS + at.x] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (at.y < half) {
      lane_values[at.y * COLUMNS + at.x] += lane_values[(at.y + half) * COLUMNS + at.x];
    }
  }
  workgroupBarrier();
  return lane_values[at.x];
}
