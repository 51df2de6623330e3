// group_walk: a lane on its way through a group of channels over time; included by the group norms
//   uses their `sizes.C`, the channels of all groups
// Where a lane stands in its group: every WORKGROUP-th value, in the order of memory. No divisions on the way.
struct Walk {
  at: u32,
  c: u32, // channel in the group
}

fn walk_from(start: u32, lane: u32, width: u32) -> Walk {
  return Walk(start + (lane / width) * sizes.C + lane % width, lane % width);
}

fn step(walk: ptr<function, Walk>, rows: u32, columns: u32, width: u32) {
  (*walk).at += rows * sizes.C + columns;
  (*walk).c += columns;
  if ((*walk).c >= width) {
    (*walk).c -= width;
    (*walk).at += sizes.C - width;
  }
}
