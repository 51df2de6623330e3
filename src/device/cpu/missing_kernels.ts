/**
 * Kernels that tfjs 4.22 lacks on wasm, or has wrong there, and that a model may meet. Plain loops: the
 * operations that time goes into have forms of their own in src/ops/cpu.
 */

import * as tf from "@tensorflow/tfjs";
import { cpuKernel, replaceKernel } from "./cpu_kernel.ts";

type Numbers = Float32Array | Int32Array;
type Inputs = Record<string, tf.TensorInfo>;

interface PoolAttributes {
  filterSize: [number, number];
  strides: [number, number];
  pad: "valid" | "same" | number;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

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

  // x [batch..., outer..., D, inner...] at indices [batch..., K]: reads out of bounds with batchDims > 0
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

  // x [...]: XNNPACK compares as integers, so a NaN with its sign bit set, as 0 / 0 gives, becomes 0
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

  // dy, input, output [B, H, W, C] -> gradient of input: wrong; to the first of equal maxima, as PyTorch's
  replaceKernel(
    "MaxPoolGrad",
    cpuKernel<Inputs, PoolAttributes>((
      { dy, input },
      { filterSize, strides, pad, dimRoundingMode },
      cpu,
    ) => {
      const p = tf.backend_util.computePool2DInfo(
        input.shape as [number, number, number, number],
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      const out = cpu.output(input.shape);
      const x = cpu.floats(input), g = cpu.floats(dy), dx = cpu.floats(out);
      dx.fill(0);
      const channels = p.inChannels;
      for (let b = 0; b < p.batchSize; b++) {
        for (let i = 0; i < p.outHeight; i++) {
          for (let j = 0; j < p.outWidth; j++) {
            for (let c = 0; c < channels; c++) {
              let best = -1;
              for (let u = 0; u < p.filterHeight; u++) {
                const row = i * p.strideHeight - p.padInfo.top + u;
                if (row < 0 || row >= p.inHeight) continue;
                for (let v = 0; v < p.filterWidth; v++) {
                  const column = j * p.strideWidth - p.padInfo.left + v;
                  if (column < 0 || column >= p.inWidth) continue;
                  const at = ((b * p.inHeight + row) * p.inWidth + column) * channels + c;
                  if (best < 0 || x[at] > x[best]) best = at;
                }
              }
              if (best >= 0) dx[best] += g[((b * p.outHeight + i) * p.outWidth + j) * channels + c];
            }
          }
        }
      }
      return out;
    }),
  );
}
