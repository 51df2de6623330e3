/** The fully connected layer on the GPU: a product, then bias and activation in place. */

import * as tf from "@tensorflow/tfjs";
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { activate, type Activation } from "../activation.ts";
import { addBiasAndActivate } from "./activation.ts";
import { registerGpuForm } from "./gpu_form.ts";

/** tfjs's product of the tensors as they lie, outside of the gradient's tape. */
function product(
  backend: WsvadWebGPUBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  attributes: { transposeA: boolean; transposeB: boolean },
): tf.TensorInfo {
  return tf.getKernel("BatchMatMul", "webgpu").kernelFunc({
    inputs: { a, b },
    backend,
    attrs: attributes,
  }) as tf.TensorInfo;
}

registerGpuForm("WsvadLinear", (backend, { x, weight, bias }, { activation }) => {
  const y = product(backend, x, weight, { transposeA: false, transposeB: true });
  if (bias) addBiasAndActivate(backend, y, bias, activation as Activation);
  if (bias || activation === "none") return y;
  return tf.tidy(() => activate(tf.engine().makeTensorFromTensorInfo(y), activation));
});
