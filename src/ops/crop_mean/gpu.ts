/** The mean over crops on the GPU, and its gradient. */

import type * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/crop_mean.wgsl" with { type: "text" };
import gradientCode from "../../../kernels/crop_mean_gradient.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const cropMean = readKernel("crop_mean.wgsl", code);
const cropMeanGradient = readKernel("crop_mean_gradient.wgsl", gradientCode);

/** x [B, N, ...] -> [B, ...]. */
export function meanOverCrops(backend: WsvadWebGPUBackend, x: tf.TensorInfo): tf.TensorInfo {
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
}

registerGpuForm("WsvadCropMean", (backend, { x }) => meanOverCrops(backend, x));

registerGpuForm("WsvadCropMeanGradient", (backend, { dy }, { crops }) => {
  const [videos, ...rest] = dy.shape;
  const dx = backend.output([videos, crops, ...rest]);
  const size = sizeOf(dx.shape);
  backend.dispatch({
    kernel: cropMeanGradient,
    bindings: { dy, dx },
    uniforms: { size, crops, inner: sizeOf(rest) },
    workgroups: elementwise(size),
  });
  return dx;
});
