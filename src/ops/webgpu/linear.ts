/** The fully connected layer on the GPU: product, bias and activation in one dispatch. */

import * as tf from "@tensorflow/tfjs";
import { addBiasAndActivate } from "../../device/webgpu/bias_activation.ts";
import { fillsTiles, matrixProduct } from "../../device/webgpu/matrix_product.ts";
import { activate, type Activation } from "../activation.ts";
import { registerGpuForm } from "./gpu_form.ts";

registerGpuForm("WsvadLinear", (backend, inputs, attributes) => {
  const { x, weight, bias } = inputs as unknown as Record<string, tf.Tensor2D>;
  const activation = attributes.activation as Activation;
  if (fillsTiles(x.shape[0], weight.shape[0])) {
    return matrixProduct(backend, { a: x, b: weight, transposeB: true, bias, activation });
  }
  return tf.tidy(() => {
    const y = tf.matMul(x, weight, false, true); // [M, O]
    if (!bias) return activate(y, activation);
    addBiasAndActivate(backend, y, bias, activation);
    return y;
  });
});
