/** Row norms on the GPU, and their gradient. */

import code from "../../../kernels/l2_norm.wgsl" with { type: "text" };
import gradientCode from "../../../kernels/l2_norm_gradient.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const l2Norm = readKernel("l2_norm.wgsl", code);
const l2NormGradient = readKernel("l2_norm_gradient.wgsl", gradientCode);

registerGpuForm("WsvadL2Norm", (backend, { x }) => {
  const shape = x.shape.slice(0, -1);
  const y = backend.output(shape);
  const rows = sizeOf(shape), columns = x.shape.at(-1)!;
  backend.dispatch({
    kernel: l2Norm,
    bindings: { x, y },
    uniforms: { rows, columns },
    workgroups: rows,
  });
  return y;
});

registerGpuForm("WsvadL2NormGradient", (backend, { x, norm, dy }) => {
  const dx = backend.output(x.shape);
  const rows = sizeOf(norm.shape);
  backend.dispatch({
    kernel: l2NormGradient,
    bindings: { x, norm, dy, dx },
    uniforms: { rows, columns: x.shape.at(-1)! },
    workgroups: rows,
  });
  return dx;
});
