// lanes: the sum, or the largest, of what the lanes of a workgroup hold, for all of them
//   uses the kernel's WORKGROUP, a power of two, and its alias LaneValue: f32, or a vector of it
//   a tree in shared memory, so the order is fixed by WORKGROUP alone; every lane must call
var<workgroup> lane_values: array<LaneValue, WORKGROUP>;

fn lane_sum(value: LaneValue, lane: u32) -> LaneValue {
  workgroupBarrier(); // what was joined before has been read
  lane_values[lane] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      lane_values[lane] += lane_values[lane + half];
    }
  }
  workgroupBarrier();
  return lane_values[0];
}

fn lane_max(value: LaneValue, lane: u32) -> LaneValue {
  workgroupBarrier();
  lane_values[lane] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      lane_values[lane] = max(lane_values[lane], lane_values[lane + half]);
    }
  }
  workgroupBarrier();
  return lane_values[0];
}
