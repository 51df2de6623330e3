/** The mean over crops on the GPU. */

import code from "../../../kernels/crop_mean.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "./gpu_form.ts";

const cropMean = readKernel("crop_mean.wgsl", code);

registerGpuForm("WsvadCropMean", (backend, { x }) => {
  const [videos, crops, ...rest] = x.shape;
  const inner = sizeOf(rest);
  const y = backend.output([videos, ...rest]);
  backend.dispatch({
    kernel: cropMean,
    bindings: { x, y },
    uniforms: { size: videos * inner, crops, inner },
    workgroups: elementwise(videos * inner),
  });
  return y;
});
