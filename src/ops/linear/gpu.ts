/** The fully connected layer on the GPU: product, bias, activation and dropout in one dispatch. */

import * as tf from "@tensorflow/tfjs";
import { addBiasActivateAndDrop, type Ending } from "../../device/webgpu/bias_activation.ts";
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { matrixProduct, suitsTiles } from "../../device/webgpu/matrix_product.ts";
import { activate } from "../activation/op.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

/** x [M, I], weight [O, I] -> [M, O]. */
function layer(
  backend: WsvadWebGPUBackend,
  x: tf.TensorInfo,
  weight: tf.TensorInfo,
  ending: Ending,
): tf.TensorInfo {
  if (suitsTiles(x.shape[0], weight.shape[0], x.shape[1])) {
    return matrixProduct(backend, { a: x, b: weight, transposeB: true, ...ending });
  }
  return tf.tidy(() => {
    const y = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true);
    if (!ending.bias && !ending.dropout) return activate(y, ending.activation ?? "none");
    addBiasActivateAndDrop(backend, y, ending);
    return y;
  });
}

registerGpuForm(
  "WsvadLinear",
  (backend, { x, weight, bias }, { activation }) => layer(backend, x, weight, { bias, activation }),
);

registerGpuForm(
  "WsvadLinearDropout",
  (backend, { x, weight, bias, state }, { activation, rate, stream }) =>
    layer(backend, x, weight, { bias, activation, dropout: { rate, state, stream } }),
);
