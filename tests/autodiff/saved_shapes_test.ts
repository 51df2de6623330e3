import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { installGradients } from "../../src/ops/tfjs_gradients.ts";

installGradients();

const SIZE = 1 << 20; // 4 MB each

/**
 * Bytes on the heap after the forward pass of the gradient of sum(f(x)), and the gradient's first
 * value.
 */
async function heldBy(f: (x: tf.Tensor) => tf.Tensor): Promise<{ bytes: number; slope: number }> {
  const { backend } = await openCpu({ blas: "off" });
  return tf.tidy(() => {
    const x = tf.ones([SIZE]), start = backend.budget.used;
    let bytes = 0;
    const loss = tf.customGrad((y, save) => {
      bytes = backend.budget.used - start;
      const { shape } = y as tf.Tensor;
      (save as tf.GradSaveFunc)([]);
      return { value: tf.sum(y as tf.Tensor), gradFunc: () => tf.ones(shape) };
    });
    const gradient = tf.grad((z) => loss(tf.tidy(() => f(z))))(x);
    return { bytes, slope: gradient.dataSync()[0] };
  });
}

Deno.test("installSavedShapes() lets the summands of a sum go", async () => {
  // 2 x + 1 and its sum with itself are needed by nobody; the last sum is the result
  const { bytes, slope } = await heldBy((x) => {
    const y = tf.add(tf.mul(x, tf.scalar(2)), tf.ones([SIZE]));
    return tf.sub(tf.add(y, y), tf.ones([SIZE]));
  });
  assertEquals(slope, 4);
  assert(bytes < 1.1 * 4 * SIZE, `${bytes} bytes are held`);
});

Deno.test("installSavedShapes() keeps what a gradient reads", async () => {
  const { bytes, slope } = await heldBy((x) => {
    const y = tf.add(x, tf.ones([SIZE])); // 2
    return tf.mul(y, y);
  });
  assertEquals(slope, 4);
  assert(bytes > 1.9 * 4 * SIZE, `${bytes} bytes are held`);
});

Deno.test("installSavedShapes() leaves gradients as they were", () => {
  const x = tf.reshape(tf.range(0, 1 << 15), [1 << 10, 32]);
  const functions: ((x: tf.Tensor) => tf.Tensor)[] = [
    (x) => tf.concat([x, tf.slice(x, [0, 1], [-1, 3])], 1),
    (x) => tf.stack([x, x], 1),
    (x) => tf.tile(tf.mean(x, 0, true), [3, 2]),
    (x) => tf.pad(tf.expandDims(x, 1), [[1, 0], [0, 0], [2, 3]]),
    (x) => tf.addN([x, tf.mul(x, x), x]),
    (x) => tf.where(tf.greater(x, 100), tf.mul(x, 3), x),
  ];
  const expected = [
    // by hand: of the sum of all values
    (_: number, column: number) => column >= 1 && column < 4 ? 2 : 1,
    () => 2,
    () => 3 * 2 / 1024,
    () => 1,
    (row: number, column: number) => 2 + 2 * (row * 32 + column),
    (row: number, column: number) => row * 32 + column > 100 ? 3 : 1,
  ];
  functions.forEach((f, i) => {
    const found = tf.tidy(() => tf.grad((z) => tf.sum(f(z)))(x).dataSync());
    for (const [row, column] of [[0, 0], [0, 3], [3, 4], [3, 5], [1023, 31]]) {
      const wanted = expected[i](row, column);
      assert(
        Math.abs(found[row * 32 + column] - wanted) < 1e-6 * Math.max(1, wanted),
        `${i}: ${row}, ${column}`,
      );
    }
  });
  x.dispose();
});
