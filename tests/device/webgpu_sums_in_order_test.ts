/** Kernels of tfjs that we replace since their sums had no order: right, and the same each time. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { gpuTest } from "../support/gpu.ts";

/** The bits of what `compute` gives, `times` times. */
async function bitsOf(compute: () => tf.Tensor, times: number): Promise<Uint32Array[]> {
  const results = Array.from({ length: times }, () => tf.tidy(compute));
  const read = await Promise.all(results.map((result) => result.data()));
  tf.dispose(results);
  return read.map((values) => new Uint32Array(values.slice().buffer));
}

// tfjs takes split-K for all of these: slices of 32, of 29 (a divisor), of none (prime),
// and untransposed.
for (
  const { inner, transposed } of [
    { inner: 5120, transposed: true },
    { inner: 29 * 151, transposed: true },
    { inner: 2503, transposed: true },
    { inner: 2560, transposed: false },
  ]
) {
  gpuTest(
    `matMul over ${inner} ${transposed ? "rows" : "columns"} is right and repeatable`,
    async () => {
      const x = tf.randomNormal([inner, 33], 0, 1, "float32", 1) as tf.Tensor2D;
      const y = tf.randomNormal([inner, 41], 0, 1, "float32", 2) as tf.Tensor2D;
      const a = transposed ? x : tf.transpose(x);
      const tensors = tf.memory().numTensors;
      const runs = await bitsOf(() => tf.matMul(a, y, transposed), 4);
      for (const run of runs) assertEquals(run, runs[0]);
      assertEquals(tf.memory().numTensors, tensors);
      const found = new Float32Array(runs[0].buffer);
      const [left, right] = [await x.data(), await y.data()];
      for (let i = 0; i < 33 * 41; i += 100) {
        let sum = 0;
        for (let n = 0; n < inner; n++) {
          sum += left[n * 33 + Math.floor(i / 41)] * right[n * 41 + i % 41];
        }
        assert(Math.abs(found[i] - sum) < 1e-3, `${found[i]} for ${sum}`); // 5120 terms of size 1
      }
    },
  );
}

gpuTest("unsortedSegmentSum adds rows in their order and drops negative ids", async () => {
  const x = tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8]]);
  const ids = tf.tensor1d([2, 0, -1, 2], "int32");
  assertEquals(await tf.unsortedSegmentSum(x, ids, 4).array(), [[3, 4], [0, 0], [8, 10], [0, 0]]);
  const many = tf.randomNormal([1000, 70], 0, 1, "float32", 3);
  const where = tf.tidy(() =>
    tf.cast(tf.mul(tf.randomUniform([1000], 0, 1, "float32", 4), 7), "int32")
  );
  const [first, second] = await bitsOf(
    () => tf.unsortedSegmentSum(many, where as tf.Tensor1D, 7),
    2,
  );
  assertEquals(first, second);
});
