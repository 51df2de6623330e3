// attention_single: operands of attention.wgsl and its gradients in single precision
alias Stored = vec4<f32>;

// Numbers that threads tell one another, between two barriers: in the stage's place.
fn set_mark(i: u32, value: vec4<f32>) {
  stage[i] = value;
}

fn mark(i: u32) -> vec4<f32> {
  return stage[i];
}
