// attention_weights: which keys a query sees, what is added to its products, and dropout of its
// weights; included by attention.wgsl and its gradients, which give ROWS, the rows of a tile, and
// what dropout_factors.wgsl asks for
// include dropout_factors.wgsl

fn block_seen(t: u32) -> bool {
  return (t / sizes.window + 1u) * sizes.window <= sizes.T;
}

struct KeyRange {
  begin: u32,
  end: u32,
}

// Keys that some query of the tile from `first` on may see, of the first `count`.
fn keys_of_tile(first: u32, count: u32) -> KeyRange {
  var keys = KeyRange(0u, count);
  if (sizes.causal != 0u) {
    keys.end = min(keys.end, first + ROWS);
  }
  if (sizes.window > 0u) {
    let last = min(first + ROWS, sizes.T) - 1u;
    keys.begin = first / sizes.window * sizes.window;
    keys.end = min(keys.end, last / sizes.window * sizes.window + sizes.window);
  }
  return keys;
}

// Which of the keys s .. s + 3 query t sees, of the first `end`.
fn seen_keys(t: u32, s: u32, end: u32) -> vec4<bool> {
  let keys = vec4(s) + vec4(0u, 1u, 2u, 3u);
  var sees = keys < vec4(end);
  if (sizes.causal != 0u) {
    sees = sees & (keys <= vec4(t));
  }
  if (sizes.window > 0u) {
    sees = sees & (keys / vec4(sizes.window) == vec4(t / sizes.window)) & vec4(block_seen(t));
  }
  return sees;
}

// Products of query t with the keys s .. s + 3 as logits; those of unseen keys are rubbish.
fn query_logits(products: vec4<f32>, p: u32, t: u32, s: u32) -> vec4<f32> {
  var sum = products * sizes.scale;
  if (sizes.biases > 0u && t < sizes.T) {
    let at = ((p % sizes.biases) * sizes.T + t) * sizes.S + s;
    sum += vec4(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]);
  }
  return sum;
}
