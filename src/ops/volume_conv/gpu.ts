/**
 * Convolution over frames, rows and columns on the GPU: one product with the windows of the input,
 * which are never copied.
 */

import { matrixProduct } from "../../device/webgpu/matrix_product.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";
import type { VolumeConvAttributes } from "./op.ts";

registerGpuForm("WsvadVolumeConv", (backend, { x, weight, bias }, attributes) => {
  const { activation, ...volume } = attributes as VolumeConvAttributes;
  const y = matrixProduct(backend, { a: x, volume, b: weight, bias, activation });
  return { ...y, shape: [x.shape[0], ...volume.out, weight.shape[1]] };
});
