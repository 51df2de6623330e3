/** Batch normalisation over rows on the cpu: statistics in two passes, then one that writes. */

import type * as tf from "@tensorflow/tfjs";
import { columnSumOf } from "../column_sum/cpu.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadBatchNormTrain", (backend, { x, gamma, beta }, { epsilon }) => {
  const { passes } = backend;
  const [rows, columns] = x.shape;
  const mean = columnSumOf(backend, x, rows), variance = backend.output([columns]);
  const y = backend.output(x.shape);
  const at = (info: tf.TensorInfo) => backend.address(info);
  backend.withScratch(passes.columnScratchBytes(columns) + columns * 4, (scale) => {
    const scratch = scale + columns * 4;
    passes.columnVariance(at(x), at(mean), rows, columns, at(variance), scratch);
    const gains = backend.floats(gamma), variances = backend.floats(variance);
    const scales = new Float32Array(backend.heap.buffer, scale, columns);
    for (let c = 0; c < columns; c++) scales[c] = gains[c] / Math.sqrt(variances[c] + epsilon);
    passes.normalise(at(x), at(mean), scale, at(beta), rows, columns, at(y));
  });
  return [y, mean, variance];
});

// With n rows, s = 1 / sqrt(variance + epsilon), d = x - mean, sums over the rows:
//   dbeta = sum dy,  dgamma = s sum dy d
//   dx = gamma s (dy - dbeta / n - d s dgamma / n)
registerCpuForm("WsvadBatchNormGrad", (backend, inputs, { epsilon }) => {
  const { dy, x, gamma, mean, variance } = inputs;
  const { passes } = backend;
  const [rows, columns] = x.shape;
  const dx = backend.output(x.shape);
  const dgamma = backend.output([columns]), dbeta = backend.output([columns]);
  const at = (info: tf.TensorInfo) => backend.address(info);
  const width = columns * 4;
  backend.withScratch(passes.columnScratchBytes(columns) + 3 * width, (scale) => {
    const [slope, shift, scratch] = [scale + width, scale + 2 * width, scale + 3 * width];
    passes.columnProducts(at(dy), at(x), at(mean), rows, columns, at(dbeta), at(dgamma), scratch);
    const gains = backend.floats(gamma), variances = backend.floats(variance);
    const sums = backend.floats(dbeta), products = backend.floats(dgamma);
    const [scales, slopes, shifts] = [scale, slope, shift].map((address) =>
      new Float32Array(backend.heap.buffer, address, columns)
    );
    for (let c = 0; c < columns; c++) {
      const inverse = 1 / Math.sqrt(variances[c] + epsilon);
      const gain = gains[c] * inverse;
      scales[c] = gain;
      shifts[c] = -gain * sums[c] / rows;
      slopes[c] = -gain * inverse * inverse * products[c] / rows;
      products[c] *= inverse;
    }
    passes.normaliseGradient(
      ...[at(dy), at(x), at(mean), scale, slope, shift] as const,
      ...[rows, columns, at(dx)] as const,
    );
  });
  return [dx, dgamma, dbeta];
});

registerCpuForm("WsvadScaleShift", (backend, { x, scale, shift }) => {
  const [rows, columns] = x.shape;
  const y = backend.output(x.shape);
  const [from, a, b, to] = [x, scale, shift, y].map((info) => backend.address(info));
  backend.passes.scaleShift(from, a, b, rows, columns, to);
  return y;
});
