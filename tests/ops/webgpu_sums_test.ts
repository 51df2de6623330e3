/**
 * Sums over many rows on the webgpu device: as near to double precision as the cpu's, which are off
 * by 1e-7 to 2e-7.
 */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { batchNormTrain } from "../../src/ops/batch_norm/op.ts";
import { columnSum } from "../../src/ops/column_sum/op.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { sumSquares } from "../../src/ops/optimizer_step/op.ts";
import { hasAdapter } from "../support/gpu.ts";

const LIMIT = 4e-7;

/** Root mean square of the errors, by that of the exact numbers. */
async function relativeError(found: tf.Tensor, exact: Float64Array): Promise<number> {
  const values = await found.data();
  found.dispose();
  let errors = 0, squares = 0;
  exact.forEach((x, i) => {
    errors += (values[i] - x) ** 2;
    squares += x ** 2;
  });
  return Math.sqrt(errors / squares);
}

Deno.test({
  name: "sums over thousands of rows on webgpu are as near to double precision as on the cpu",
  ignore: !hasAdapter,
  sanitizeResources: false,
  async fn() {
    const device = await openDevice({ device: "webgpu" });
    try {
      for (const [M, C] of [[1280, 64], [20480, 16]]) {
        const x = numbers("rows", M * C), sum = new Float64Array(C);
        x.forEach((value, i) => sum[i % C] += value);
        const mean = sum.map((value) => value / M), variance = new Float64Array(C);
        x.forEach((value, i) => variance[i % C] += (value - mean[i % C]) ** 2 / M);
        const rows = tf.tensor2d(x, [M, C]), [gain, offset] = [tf.ones([C]), tf.zeros([C])];
        const normed = batchNormTrain(rows, gain, offset, 1e-5);
        normed.y.dispose();
        const found: [string, tf.Tensor, Float64Array][] = [
          ["column sum", columnSum(rows), sum],
          ["batch norm's mean", normed.mean, mean],
          ["batch norm's variance", normed.variance, variance],
        ];
        for (const [name, tensor, exact] of found) {
          const error = await relativeError(tensor, exact);
          assert(error <= LIMIT, `${name} of ${M} rows: error ${error}`);
        }
        tf.dispose([rows, gain, offset]);
      }
    } finally {
      await device.close();
    }
  },
});

Deno.test({
  name: "sumSquares() on webgpu gives each tensor the bits that it has alone, several a dispatch",
  ignore: !hasAdapter,
  sanitizeResources: false,
  async fn() {
    const device = await openDevice({ device: "webgpu" });
    try {
      const sizes = [1, 17_000, 3, 256, 40_001, 255, 16_385, 7, 20_000, 64, 2, 9, 16_384, 5, 31];
      const values = sizes.map((size, i) => numbers(`tensor ${i}`, size));
      const tensors = values.map((value) => tf.tensor1d(value));
      const together = await sumSquares(tensors).data();
      for (const [i, value] of values.entries()) {
        const alone = await sumSquares([tensors[i]]).data();
        assertEquals(together[i], alone[0], `tensor ${i}`);
        const exact = value.reduce((sum, x) => sum + x * x, 0);
        assert(Math.abs(together[i] - exact) <= 1e-6 * exact, `tensor ${i}: ${together[i]}`);
      }
    } finally {
      await device.close();
    }
  },
});
