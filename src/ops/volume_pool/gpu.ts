/** Pooling over frames, rows and columns on the GPU: one dispatch. */

import code from "../../../kernels/volume_pool.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { volumeUniforms } from "../../device/webgpu/volume_windows.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";
import type { VolumePoolAttributes } from "./op.ts";

const kernel = readKernel("volume_pool.wgsl", code);

registerGpuForm("WsvadVolumePool", (backend, { x }, attributes) => {
  const { pooling, ...windows } = attributes as VolumePoolAttributes;
  const shape = [x.shape[0], ...windows.out, x.shape[4]], count = sizeOf(shape);
  const y = backend.output(shape);
  backend.dispatch({
    kernel,
    constants: { MEAN: Number(pooling === "mean") },
    bindings: { x, y },
    uniforms: { count, ...volumeUniforms(x.shape, windows) },
    workgroups: elementwise(count),
  });
  return y;
});
