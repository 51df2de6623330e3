/** GELU and CLIP's QuickGELU on the GPU, with their gradients, one pass each. */

import geluCode from "../../../kernels/gelu.wgsl" with { type: "text" };
import quickGeluCode from "../../../kernels/quick_gelu.wgsl" with { type: "text" };
import { type Kernel, readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, type GpuForm, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

/** x [...] -> y [...]; with the slope dy [...] beside it -> dx [...]. */
function form(kernel: Kernel): GpuForm {
  return (backend, { x, dy }) => {
    const y = backend.output(x.shape);
    const size = sizeOf(x.shape);
    backend.dispatch({
      kernel,
      constants: { GRADIENT: Number(dy !== undefined) },
      bindings: { dy: dy ?? x, x, y },
      uniforms: { size },
      workgroups: elementwise(size),
    });
    return y;
  };
}

const gelu = form(readKernel("gelu.wgsl", geluCode));
const quickGelu = form(readKernel("quick_gelu.wgsl", quickGeluCode));

registerGpuForm("WsvadGelu", gelu);
registerGpuForm("WsvadGeluGrad", gelu);
registerGpuForm("WsvadQuickGelu", quickGelu);
registerGpuForm("WsvadQuickGeluGrad", quickGelu);
