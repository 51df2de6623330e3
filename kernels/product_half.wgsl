// product_half: operands of matrix_product.wgsl rounded to half precision,
// for adapters with shader-f16
alias Stored = vec4<f16>;
