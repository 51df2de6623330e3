// dropout_factors: what dropout multiplies elements by, 0 or keep, counted as in philox.wgsl;
// included by kernels that drop, which give
//   sizes.stream, sizes.threshold = ceil(rate 2^24), sizes.keep = 1 / (1 - rate)
//   fn random_state() -> vec3<u32>, as philox_rounds.wgsl has it
// include philox_rounds.wgsl

fn kept_or_zero(words: vec4<u32>) -> vec4<f32> {
  return select(vec4(0.0), vec4(sizes.keep), (words >> vec4(8u)) >= vec4(sizes.threshold));
}

// Of element i.
fn factor(i: u32) -> f32 {
  return kept_or_zero(philox(i / 4u, sizes.stream, random_state()))[i % 4u];
}

// Of four neighbouring elements from number `first` on.
fn factors(first: u32) -> vec4<f32> {
  let state = random_state();
  let low = philox(first / 4u, sizes.stream, state);
  var words = low;
  let skip = first % 4u;
  if (skip > 0u) {
    let high = philox(first / 4u + 1u, sizes.stream, state);
    words = select(
      select(vec4(low.yzw, high.x), vec4(low.zw, high.xy), skip == 2u),
      vec4(low.w, high.xyz),
      skip == 3u,
    );
  }
  return kept_or_zero(words);
}
