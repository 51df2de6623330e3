// product_single: operands of matrix_product.wgsl in single precision
alias Stored = vec4<f32>;
