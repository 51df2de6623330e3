/**
 * Kernels that tfjs 4.22 lacks on wasm, or has wrong there, and that a model may meet. Plain loops:
 * the operations that time goes into have forms of their own in src/ops/cpu.
 */

import * as tf from "@tensorflow/tfjs";
import { cpuKernel, replaceKernel } from "./cpu_kernel.ts";

type Numbers = Float32Array | Int32Array;
type Inputs = Record<string, tf.TensorInfo>;

/** Code of relu in kernels/cpu/activation.ts. */
const RELU = 1;

/** Registers them for the wasm backend. */
export function installMissingKernels(): void {
  // x [N, ...], segmentIds int32 [N] -> [numSegments, ...]: missing; the gradient of every gather
  replaceKernel(
    "UnsortedSegmentSum",
    cpuKernel<Inputs, { numSegments: number }>((
      { x, segmentIds },
      { numSegments },
      cpu,
    ) => {
      const inner = tf.util.sizeFromShape(x.shape.slice(1));
      const out = cpu.output([numSegments, ...x.shape.slice(1)], x.dtype);
      const from = cpu.typedArrayFromHeap(x) as Numbers;
      const to = cpu.typedArrayFromHeap(out) as Numbers;
      const ids = cpu.typedArrayFromHeap(segmentIds) as Int32Array;
      const [source, target] = [cpu.address(x), cpu.address(out)], width = inner * 4;
      to.fill(0);
      for (let row = 0; row < ids.length; row++) {
        const segment = ids[row];
        if (segment < 0 || segment >= numSegments) continue; // as on the other devices
        if (x.dtype === "float32") {
          cpu.passes.accumulate(source + row * width, target + segment * width, inner);
        } else {
          for (let i = 0; i < inner; i++) to[segment * inner + i] += from[row * inner + i];
        }
      }
      return out;
    }),
  );

  // x [batch..., outer..., D, inner...] at indices [batch..., K]:
  // reads out of bounds with batchDims > 0
  replaceKernel(
    "GatherV2",
    cpuKernel<Inputs, { axis: number; batchDims: number }>((
      { x, indices },
      { axis, batchDims },
      cpu,
    ) => {
      const [at] = tf.util.parseAxisParam(axis, x.shape);
      const { batchSize, outerSize, dimSize, sliceSize, outputShape } = tf.backend_util.segment_util
        .collectGatherOpShapeInfo(x as tf.Tensor, indices as tf.Tensor, at, batchDims);
      const out = cpu.output(outputShape, x.dtype);
      const from = cpu.typedArrayFromHeap(x) as Numbers;
      const to = cpu.typedArrayFromHeap(out) as Numbers;
      const ids = cpu.typedArrayFromHeap(indices) as Int32Array;
      const picks = ids.length / batchSize;
      let written = 0;
      for (let batch = 0; batch < batchSize; batch++) {
        for (let outer = 0; outer < outerSize; outer++) {
          const start = (batch * outerSize + outer) * dimSize;
          for (let pick = 0; pick < picks; pick++) {
            const index = ids[batch * picks + pick];
            if (index < 0 || index >= dimSize) {
              throw new RangeError(`Cannot gather index ${index} of ${dimSize} along axis ${at}`);
            }
            const first = (start + index) * sliceSize;
            to.set(from.subarray(first, first + sliceSize), written);
            written += sliceSize;
          }
        }
      }
      return out;
    }),
  );

  // x [...]: XNNPACK compares as integers, so a NaN with its sign bit set, as 0 / 0 gives,
  // becomes 0
  replaceKernel(
    "Relu",
    cpuKernel<Inputs>(({ x }, _attributes, cpu) => {
      const out = cpu.output(x.shape, x.dtype), count = tf.util.sizeFromShape(x.shape);
      const from = cpu.typedArrayFromHeap(x) as Numbers;
      const to = cpu.typedArrayFromHeap(out) as Numbers;
      if (x.dtype === "float32") {
        to.set(from);
        cpu.passes.activateInPlace(cpu.address(out), count, RELU);
      } else {
        for (let i = 0; i < count; i++) to[i] = Math.max(0, from[i]);
      }
      return out;
    }),
  );

  // x [...]: tfjs's kernel has 0 for what is nearer to 0 than 1e-7 or so, and 0 for NaN
  replaceKernel(
    "Sign",
    cpuKernel<Inputs>(({ x }, _attributes, cpu) => {
      const out = cpu.output(x.shape, x.dtype);
      const from = cpu.typedArrayFromHeap(x) as Numbers;
      const to = cpu.typedArrayFromHeap(out) as Numbers;
      for (let i = 0; i < from.length; i++) to[i] = Math.sign(from[i]);
      return out;
    }),
  );
}
