/** The gradient of a bias that many rows share, in pieces: against double precision loops. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { attention } from "../../src/ops/attention/op.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { hasAdapter } from "../support/gpu.ts";

/** The gradient by a bias [biases, T, T] of zeros: row p takes number p mod biases. */
function biasGradient(
  [P, T, D]: [number, number, number],
  biases: number,
  [q, k, v, dy]: Float32Array[],
): Float64Array {
  const dbias = new Float64Array(biases * T * T), places = Array.from({ length: T }, (_, t) => t);
  for (let p = 0; p < P; p++) {
    const dot = (x: Float32Array, t: number, y: Float32Array, s: number) => {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += x[(p * T + t) * D + d] * y[(p * T + s) * D + d];
      return sum;
    };
    for (const t of places) {
      const powers = places.map((s) => Math.exp(dot(q, t, k, s) / Math.sqrt(D)));
      const total = powers.reduce((sum, power) => sum + power);
      const slopes = places.map((s) => dot(dy, t, v, s));
      const mean = powers.reduce((sum, power, s) => sum + power / total * slopes[s], 0);
      for (const s of places) {
        dbias[((p % biases) * T + t) * T + s] += powers[s] / total * (slopes[s] - mean);
      }
    }
  }
  return dbias;
}

Deno.test({
  name:
    "attention() adds up the gradient of a bias that thousands of rows share, twice the same bits",
  ignore: !hasAdapter,
  sanitizeResources: false,
  async fn() {
    const device = await openDevice({ device: "webgpu" });
    try {
      for (const [P, biases] of [[2100, 1], [390, 3], [128, 2]]) {
        const [T, D] = [6, 4];
        const values = ["q", "k", "v", "dy"].map((name) => numbers(`shared ${name}`, P * T * D));
        const run = async () => {
          const gradient = tf.tidy(() => {
            const [q, k, v, dy] = values.map((x) => tf.tensor(x, [P, T, D]));
            const loss = (bias: tf.Tensor) =>
              tf.sum(tf.mul(attention(q, k, v, D ** -0.5, { bias }), dy));
            return tf.grad(loss)(tf.zeros([biases, T, T]));
          });
          const found = await gradient.data();
          gradient.dispose();
          return found;
        };
        const found = await run(), exact = biasGradient([P, T, D], biases, values);
        let errors = 0, squares = 0;
        exact.forEach((x, i) => {
          errors += (found[i] - x) ** 2;
          squares += x ** 2;
        });
        const error = Math.sqrt(errors / squares);
        assert(error <= 6e-7, `${P} rows, ${biases} biases: error ${error}`);
        assertEquals(await run(), found);
      }
    } finally {
      await device.close();
    }
  },
});
