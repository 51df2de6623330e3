// volume_pool: y = the largest, or with MEAN the mean, of what a window sees of x
//   x [N, T, H, W, C] f32, read     y [N, ot, oh, ow, C] f32, write
//   places outside of x count as nothing
//   one invocation per output; neighbouring ones read neighbouring channels
//   dispatch ceil(outputs / 256), folded into x and y; any sizes
override MEAN: u32 = 0u;

struct Sizes {
  count: u32,
  T: u32,
  H: u32,
  W: u32,
  C: u32,
  kt: u32,
  kh: u32,
  kw: u32,
  st: u32,
  sh: u32,
  sw: u32,
  pt: u32,
  ph: u32,
  pw: u32,
  ot: u32,
  oh: u32,
  ow: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

const LEAST = -3.402823466e38;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.x + group.y * groups.x) * 256u + lane;
  if (index >= sizes.count) {
    return;
  }
  let c = index % sizes.C;
  var rest = index / sizes.C;
  let w = rest % sizes.ow;
  rest /= sizes.ow;
  let h = rest % sizes.oh;
  rest /= sizes.oh;
  let t = rest % sizes.ot;
  let n = rest / sizes.ot;
  // Steps before the first place wrap around to numbers beyond the last one.
  let corner = vec3<u32>(t * sizes.st, h * sizes.sh, w * sizes.sw) -
    vec3<u32>(sizes.pt, sizes.ph, sizes.pw);
  var value = select(LEAST, 0.0, MEAN == 1u);
  var seen = 0.0;
  for (var a = 0u; a < sizes.kt; a++) {
    for (var b = 0u; b < sizes.kh; b++) {
      for (var d = 0u; d < sizes.kw; d++) {
        let at = corner + vec3<u32>(a, b, d);
        if (at.x < sizes.T && at.y < sizes.H && at.z < sizes.W) {
          let here = x[(((n * sizes.T + at.x) * sizes.H + at.y) * sizes.W + at.z) * sizes.C + c];
          if (MEAN == 1u) {
            value += here;
          } else {
            value = max(value, here);
          }
          seen += 1.0;
        }
      }
    }
  }
  y[index] = select(value, value / seen, MEAN == 1u);
}
