/**
 * Sums of squares on the GPU: for the global norm of the gradients, and as a penalty on weights.
 */

import type * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/sum_squares.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const sumSquares = readKernel("sum_squares.wgsl", code);
/** GROUPS of the kernel: partial sums of one tensor. */
const GROUPS = 64;
/** Tensors that a dispatch of it sums. */
const TOGETHER = 7;

/** One sum for each tensor, in an output of the given shape. */
function sums(
  backend: WsvadWebGPUBackend,
  tensors: tf.TensorInfo[],
  shape: number[],
): tf.TensorInfo {
  const partial = backend.output([tensors.length, GROUPS]);
  const total = backend.output(shape);
  for (let first = 0; first < tensors.length; first += TOGETHER) {
    const some = tensors.slice(first, first + TOGETHER);
    const all = Array.from({ length: TOGETHER }, (_, i) => some[i] ?? some[0]);
    backend.dispatch({
      kernel: sumSquares,
      entry: "partial_sums",
      bindings: { ...Object.fromEntries(all.map((x, i) => [`x${i}`, x])), partial },
      uniforms: {
        first,
        ...Object.fromEntries(all.map(({ shape }, i) => [`size${i}`, sizeOf(shape)])),
      },
      workgroups: [GROUPS, some.length, 1],
    });
  }
  backend.dispatch({
    kernel: sumSquares,
    entry: "total",
    bindings: { partial, sums: total },
    workgroups: tensors.length,
  });
  backend.disposeData(partial.dataId);
  return total;
}

registerGpuForm("WsvadSumSquares", (backend, gradients) => {
  const tensors = Object.values(gradients);
  return sums(backend, tensors, [tensors.length]);
});

registerGpuForm("WsvadSquaredNorm", (backend, { x }) => sums(backend, [x], []));
