// attention_half: operands of attention.wgsl and its gradients rounded to half precision,
// for adapters with shader-f16
//   workgroup memory: 8 KB of operands, 2 KB of marks
alias Stored = vec4<f16>;

var<workgroup> marks: array<vec4<f32>, ROWS * 2u>;

// Numbers that threads tell one another, between two barriers: these stay single.
fn set_mark(i: u32, value: vec4<f32>) {
  marks[i] = value;
}

fn mark(i: u32) -> vec4<f32> {
  return marks[i];
}
