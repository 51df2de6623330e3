// activation: what a kernel does to its outputs; included
//   ACTIVATION 0 none, 1 relu, 2 sigmoid; relu(NaN) is NaN, so that a broken run is seen
override ACTIVATION: u32 = 0u;

fn activate(z: f32) -> f32 {
  if (ACTIVATION == 1u) {
    return select(z, 0.0, z < 0.0);
  }
  if (ACTIVATION == 2u) {
    return 1.0 / (1.0 + exp(-z));
  }
  return z;
}
