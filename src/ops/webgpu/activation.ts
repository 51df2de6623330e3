/** Bias and activation, fused, and the activation's gradient, on the GPU. */

import type * as tf from "@tensorflow/tfjs";
import biasCode from "../../../kernels/bias_activation.wgsl" with { type: "text" };
import gradientCode from "../../../kernels/activation_gradient.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import type { Activation } from "../activation.ts";
import { elementwise, registerGpuForm, sizeOf } from "./gpu_form.ts";

const biasActivation = readKernel("bias_activation.wgsl", biasCode);
const activationGradient = readKernel("activation_gradient.wgsl", gradientCode);

/** ACTIVATION of the kernels. */
export const activationCode: Record<Activation, number> = { none: 0, relu: 1, sigmoid: 2 };

/** y [M, C] = activation(y + bias [C]), in place. */
export function addBiasAndActivate(
  backend: WsvadWebGPUBackend,
  y: tf.TensorInfo,
  bias: tf.TensorInfo,
  activation: Activation,
): void {
  const size = sizeOf(y.shape);
  backend.dispatch({
    kernel: biasActivation,
    constants: { ACTIVATION: activationCode[activation] },
    bindings: { y, bias },
    uniforms: { size, columns: bias.shape[0] },
    workgroups: elementwise(size),
  });
}

registerGpuForm("WsvadActivationGradient", (backend, { dy, y }, { activation }) => {
  const dz = backend.output(y.shape);
  const size = sizeOf(y.shape);
  backend.dispatch({
    kernel: activationGradient,
    constants: { ACTIVATION: activationCode[activation as Activation] },
    bindings: { dy, y, dz },
    uniforms: { size },
    workgroups: elementwise(size),
  });
  return dz;
});
