/** Random numbers and dropout on the GPU. */

import code from "../../../kernels/philox.wgsl" with { type: "text" };
import { dropoutThreshold } from "../../device/dropout_threshold.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const philox = readKernel("philox.wgsl", code);
/** Elements of one workgroup: 64 invocations, four each. */
const ELEMENTS = 256;

for (
  const [kernel, entry] of [["WsvadUniform", "uniform_values"], ["WsvadNormal", "normal_values"]]
) {
  registerGpuForm(kernel, (backend, { state }, { shape, stream }) => {
    const y = backend.output(shape);
    const size = sizeOf(shape);
    backend.dispatch({
      kernel: philox,
      entry,
      bindings: { state, y },
      uniforms: { size, stream, threshold: 0, scale: 1 },
      workgroups: Math.ceil(size / ELEMENTS),
    });
    return y;
  });
}

registerGpuForm("WsvadDropout", (backend, { x, state }, { rate, stream }) => {
  const y = backend.output(x.shape);
  const size = sizeOf(x.shape);
  backend.dispatch({
    kernel: philox,
    entry: "dropout",
    bindings: { x, state, y },
    uniforms: { size, stream, threshold: dropoutThreshold(rate), scale: 1 / (1 - rate) },
    workgroups: Math.ceil(size / ELEMENTS),
  });
  return y;
});
