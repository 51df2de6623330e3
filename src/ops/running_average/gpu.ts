/** Running statistics in place on the GPU. */

import code from "../../../kernels/running_average.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const runningAverage = readKernel("running_average.wgsl", code);

registerGpuForm("WsvadRunningAverage", (backend, { running, value }, { keep, take }) => {
  const size = sizeOf(running.shape);
  backend.dispatch({
    kernel: runningAverage,
    bindings: { running, value },
    uniforms: { size, keep, take },
    workgroups: elementwise(size),
  });
  return []; // the variable holds the new values
});
