/**
 * Convolution over frames, rows and columns on the GPU: one product with the windows of the input,
 * which are never copied.
 */

import { matrixProduct } from "../../device/webgpu/matrix_product.ts";
import { registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";
import { isPlain, type VolumeConvAttributes } from "./op.ts";

registerGpuForm("WsvadVolumeConv", (backend, { x, weight, bias }, attributes) => {
  const { activation, ...volume } = attributes as VolumeConvAttributes;
  const rows = { ...x, shape: [sizeOf(x.shape) / x.shape[4], x.shape[4]] };
  const input = isPlain(volume, x.shape) ? { a: rows } : { a: x, volume };
  const y = matrixProduct(backend, { ...input, b: weight, bias, activation });
  return { ...y, shape: [x.shape[0], ...volume.out, weight.shape[1]] };
});
