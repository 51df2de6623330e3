// perturbed_top_k_gradient: out[r, t] = factor x sum over j of chosen[r, j, t] u[r, j],
//   u[r, j] = sum over t of noise[r, j, t] slope[r, t]
//   slope [rows, columns], noise, chosen [rows, samples, columns] f32 row-major, read
//   out [rows, columns] f32, write
//   one workgroup per row: for 256 samples at a time each lane takes a sample's dot product, then
//     the lanes stride over the columns; every sum runs in the order of its index, so reruns are
//     bit-identical
//   dispatch rows, folded; any sizes
const WORKGROUP = 256u;

struct Sizes {
  rows: u32,
  samples: u32,
  columns: u32,
  factor: f32,
}

@group(0) @binding(0) var<storage, read> slope: array<f32>;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read> chosen: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

var<workgroup> products: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  let inside = row < sizes.rows;
  for (var first = 0u; first < sizes.samples; first += WORKGROUP) {
    let count = min(WORKGROUP, sizes.samples - first);
    let copies = (row * sizes.samples + first) * sizes.columns;
    var product = 0.0;
    if (inside && lane < count) {
      let start = copies + lane * sizes.columns;
      for (var t = 0u; t < sizes.columns; t++) {
        product += noise[start + t] * slope[row * sizes.columns + t];
      }
    }
    products[lane] = product;
    workgroupBarrier();
    if (inside) {
      for (var t = lane; t < sizes.columns; t += WORKGROUP) {
        var sum = 0.0;
        for (var j = 0u; j < count; j++) {
          sum += chosen[copies + j * sizes.columns + t] * products[j];
        }
        let at = row * sizes.columns + t;
        out[at] = select(out[at], 0.0, first == 0u) + sizes.factor * sum;
      }
    }
    workgroupBarrier();
  }
}
