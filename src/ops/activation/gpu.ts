/** The activation's gradient on the GPU. */

import gradientCode from "../../../kernels/activation_gradient.wgsl" with { type: "text" };
import { activationCode } from "../../device/webgpu/bias_activation.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import type { Activation } from "./op.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const activationGradient = readKernel("activation_gradient.wgsl", gradientCode);

registerGpuForm("WsvadActivationGradient", (backend, { dy, y }, { activation, rate = 0 }) => {
  const dz = backend.output(y.shape);
  const size = sizeOf(y.shape);
  backend.dispatch({
    kernel: activationGradient,
    constants: { ACTIVATION: activationCode[activation as Activation] },
    bindings: { dy, y, dz },
    uniforms: { size, scale: 1 / (1 - rate) },
    workgroups: elementwise(size),
  });
  return dz;
});
