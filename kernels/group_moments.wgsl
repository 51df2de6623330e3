// group_moments: a group of channels over time, and its mean and variance; included by the group
// norms
//   uses their x [R, T, C] and `sizes`: blocks (R x groups), groups, T, C
//   one walk: lanes stride over the values of a group, each sums differences from its own first
//     value, whose cancelling costs as many times the rounding as it has values at most; lanes are
//     joined pairwise (Chan, Golub, LeVeque 1979)
override WORKGROUP: u32 = 32u;
override BESIDE: bool = false;

struct Group {
  width: u32, // channels
  count: u32, // values
  first: u32, // its first channel
  start: u32, // its first value
}

fn group_of(block: u32) -> Group {
  let width = sizes.C / sizes.groups;
  let first = (block % sizes.groups) * width;
  return Group(width, sizes.T * width, first, (block / sizes.groups) * sizes.T * sizes.C + first);
}

// Where a lane stands in its group: every WORKGROUP-th value, in the order of memory.
// No divisions on the way.
struct Walk {
  at: u32,
  c: u32, // channel
  rows: u32, // of a step
  columns: u32,
}

fn walk_from(group: Group, lane: u32) -> Walk {
  let c = lane % group.width;
  return Walk(
    group.start + (lane / group.width) * sizes.C + c,
    group.first + c,
    WORKGROUP / group.width,
    WORKGROUP % group.width,
  );
}

fn step(walk: ptr<function, Walk>, group: Group) {
  (*walk).at += (*walk).rows * sizes.C + (*walk).columns;
  (*walk).c += (*walk).columns;
  if ((*walk).c >= group.first + group.width) {
    (*walk).c -= group.width;
    (*walk).at += sizes.C - group.width;
  }
}

struct Moments {
  mean: f32,
  variance: f32, // divided by the count
  scale: f32, // 1 / sqrt(variance + epsilon), or with BESIDE 1 / (sqrt(variance) + epsilon)
}

var<workgroup> parts: array<vec3<f32>, WORKGROUP>; // count, mean, sum of squared deviations

fn joined(a: vec3<f32>, b: vec3<f32>) -> vec3<f32> {
  let count = a.x + b.x;
  let share = b.x / max(count, 1.0);
  let apart = b.y - a.y;
  return vec3(count, a.y + apart * share, a.z + b.z + apart * apart * a.x * share);
}

fn moments(group: Group, lane: u32) -> Moments {
  var walk = walk_from(group, lane);
  var origin = 0.0;
  if (lane < group.count) {
    origin = x[walk.at];
  }
  var count = 0.0;
  var sum = 0.0;
  var squares = 0.0;
  for (var i = lane; i < group.count; i += WORKGROUP) {
    let difference = x[walk.at] - origin;
    count += 1.0;
    sum += difference;
    squares += difference * difference;
    step(&walk, group);
  }
  let mean = sum / max(count, 1.0);
  parts[lane] = vec3(count, origin + mean, max(squares - sum * mean, 0.0));
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      parts[lane] = joined(parts[lane], parts[lane + half]);
    }
  }
  workgroupBarrier();
  let whole = parts[0];
  let variance = whole.z / whole.x;
  let beside = sqrt(variance) + sizes.epsilon;
  let scale = 1.0 / select(sqrt(variance + sizes.epsilon), beside, BESIDE);
  return Moments(whole.y, variance, scale);
}
