// distance_decay: y_i = sum over j of ratio^|i - j| x_j along time, ratio = exp(-1 / scale),
// without a T x T table
//   x, y [R, T, row] f32; channel i of a head of (r, t) at (r T + t) row + start + head step + i;
//     x read, y write
//   share 1: x_j is divided by the mass of j first, share 2: y_i by that of i;
//     mass_j = sum over k of ratio^|j - k|
//   two walks over BLOCK snippets, begun `reach` before and after them, where weights are below
//     1e-13: forward sums are kept in y, backward sums in a register
//   the order depends on the shape alone
//   one invocation per row, block and channel; any T >= 1
//   dispatch ceil(R ceil(T / 256) C / 64), folded
const BLOCK = 256u;

struct Sizes {
  R: u32,
  T: u32,
  C: u32, // heads times channels
  channels: u32, // of a head
  x_start: u32,
  x_row: u32,
  x_step: u32,
  y_start: u32,
  y_row: u32,
  y_step: u32,
  reach: u32,
  share: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

// Sum of ratio^1 .. ratio^count.
fn one_side(count: u32, ratio: f32) -> f32 {
  return ratio * (1.0 - exp(-f32(count) / sizes.scale)) / (1.0 - ratio);
}

fn mass(t: u32, ratio: f32) -> f32 {
  return 1.0 + one_side(t, ratio) + one_side(sizes.T - 1u - t, ratio);
}

fn own(at: u32, t: u32, ratio: f32) -> f32 {
  let value = x[at + t * sizes.x_row];
  if (sizes.share == 1u) {
    return value / mass(t, ratio);
  }
  return value;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.x + group.y * groups.x) * 64u + lane;
  let blocks = (sizes.T + BLOCK - 1u) / BLOCK;
  let c = index % sizes.C;
  let r = index / sizes.C / blocks;
  if (r >= sizes.R) {
    return;
  }
  let start = index / sizes.C % blocks * BLOCK;
  let end = min(start + BLOCK, sizes.T);
  let head = c / sizes.channels;
  let i = c % sizes.channels;
  let x_at = r * sizes.T * sizes.x_row + sizes.x_start + head * sizes.x_step + i;
  let y_at = r * sizes.T * sizes.y_row + sizes.y_start + head * sizes.y_step + i;
  let ratio = exp(-1.0 / sizes.scale);

  var sum = 0.0;
  for (var t = max(start, sizes.reach) - sizes.reach; t < end; t++) {
    sum = own(x_at, t, ratio) + ratio * sum;
    if (t >= start) {
      y[y_at + t * sizes.y_row] = sum;
    }
  }
  sum = 0.0; // of what follows, times ratio
  for (var t = min(end + sizes.reach, sizes.T); t > start; t--) {
    if (t <= end) {
      let at = y_at + (t - 1u) * sizes.y_row;
      var total = y[at] + sum;
      if (sizes.share == 2u) {
        total /= mass(t - 1u, ratio);
      }
      y[at] = total;
    }
    sum = ratio * (own(x_at, t - 1u, ratio) + sum);
  }
}
