/** Row norms on the GPU. */

import code from "../../../kernels/l2_norm.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { registerGpuForm, sizeOf } from "./gpu_form.ts";

const l2Norm = readKernel("l2_norm.wgsl", code);

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
