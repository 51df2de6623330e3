// philox_rounds: four random words of one counter, Philox4x32-10; included by kernels that draw
//   Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the same numbers as
//     src/random.ts: key (seed low, seed high), counter (block, stream, step, 0)
//   state: the first three words of a random stream's state, (seed low, seed high, step)

// High 32 bits of a product, in 16-bit halves: WGSL has no 64-bit integers.
fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u);
}

fn philox(block: u32, stream: u32, state: vec3<u32>) -> vec4<u32> {
  var counter = vec4<u32>(block, stream, state.z, 0u);
  var key = state.xy;
  for (var round = 0u; round < 10u; round++) {
    let high0 = multiply_high(0xD2511F53u, counter.x);
    let high1 = multiply_high(0xCD9E8D57u, counter.z);
    counter = vec4<u32>(
      high1 ^ counter.y ^ key.x,
      0xCD9E8D57u * counter.z,
      high0 ^ counter.w ^ key.y,
      0xD2511F53u * counter.x,
    );
    key += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
  }
  return counter;
}
