import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { findBlas } from "../../src/device/cpu/blas.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { installGradients } from "../../src/ops/tfjs_gradients.ts";
import { Random } from "../../src/random.ts";

installGradients();

const engines = [
  { name: "wasm SIMD", blas: "off" as string | undefined, ignore: false },
  { name: "the BLAS", blas: undefined, ignore: findBlas().blas === undefined },
];

function random(shape: number[], seed: number): tf.Tensor {
  const stream = new Random(seed, "kernels");
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(Float32Array.from({ length: size }, () => stream.uniform() - 0.5), shape);
}

function assertClose(actual: tf.Tensor, expected: ArrayLike<number>, tolerance = 1e-5) {
  const values = actual.dataSync();
  assertEquals(values.length, expected.length);
  for (let i = 0; i < values.length; i++) assertAlmostEquals(values[i], expected[i], tolerance);
}

/** op(a) op(b), batch axes broadcast, by plain loops over index functions. */
function matMulReference(a: tf.Tensor, b: tf.Tensor, ta: boolean, tb: boolean): number[] {
  const [ab, bb] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(ab, bb);
  const [ar, ac] = a.shape.slice(-2), [br, bc] = b.shape.slice(-2);
  const [m, k, n] = [ta ? ac : ar, ta ? ar : ac, tb ? br : bc];
  const [av, bv] = [a.dataSync(), b.dataSync()];
  const matrixAt = (shape: number[], flat: number) => {
    let at = 0, step = 1, rest = flat;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const index = rest % batch[axis];
      rest = Math.floor(rest / batch[axis]);
      const size = shape[axis - batch.length + shape.length] ?? 1;
      if (size > 1) at += index * step;
      step *= size;
    }
    return at;
  };
  const out: number[] = [];
  for (let q = 0; q < tf.util.sizeFromShape(batch); q++) {
    const [ax, bx] = [matrixAt(ab, q) * ar * ac, matrixAt(bb, q) * br * bc];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          sum += av[ax + (ta ? p * ac + i : i * ac + p)] * bv[bx + (tb ? j * bc + p : p * bc + j)];
        }
        out.push(sum);
      }
    }
  }
  return out;
}

const batches = [[[], []], [[3], [3]], [[2, 3], [2, 3]], [[6], [1]], [[2, 3], []], [[1, 3], [
  2,
  1,
]]];

for (const { name, blas, ignore } of engines) {
  Deno.test({
    name: `tf.matMul() by ${name} agrees with plain loops for every transpose and batch`,
    ignore,
    async fn() {
      await openCpu({ blas });
      tf.tidy(() => {
        for (const [ab, bb] of batches) {
          for (const [ta, tb] of [[false, false], [false, true], [true, false], [true, true]]) {
            const a = random([...ab, ...(ta ? [7, 5] : [5, 7])], 1);
            const b = random([...bb, ...(tb ? [11, 7] : [7, 11])], 2);
            assertClose(tf.matMul(a, b, ta, tb), matMulReference(a, b, ta, tb));
          }
        }
      });
    },
  });

  Deno.test({
    name: `tf.matMul() by ${name} has gradients that sum over broadcast batch axes`,
    ignore,
    async fn() {
      await openCpu({ blas });
      tf.tidy(() => {
        for (const [ab, bb] of batches) {
          for (const [ta, tb] of [[false, false], [false, true], [true, false], [true, true]]) {
            const a = random([...ab, ...(ta ? [4, 3] : [3, 4])], 1);
            const b = random([...bb, ...(tb ? [2, 4] : [4, 2])], 2);
            const weights = random(tf.matMul(a, b, ta, tb).shape, 3);
            const loss = (x: tf.Tensor, y: tf.Tensor) =>
              tf.sum(tf.mul(tf.matMul(x, y, ta, tb), weights)) as tf.Scalar;
            const gradients = tf.grads(loss as (...x: tf.Tensor[]) => tf.Scalar)([a, b]);
            [a, b].forEach((operand, which) => {
              assertEquals(gradients[which].shape, operand.shape);
              // the loss is linear in each operand: a difference over a step of 1 is exact
              const values = operand.dataSync(), found = gradients[which].dataSync();
              for (const i of [0, values.length >> 1, values.length - 1]) {
                const moved = values.slice();
                moved[i] += 1;
                const other = tf.tensor(moved, operand.shape);
                const difference = tf.sub(
                  which === 0 ? loss(other, b) : loss(a, other),
                  loss(a, b),
                ).dataSync()[0];
                assertAlmostEquals(found[i], difference, 1e-5);
              }
            });
          }
        }
      });
    },
  });
}

Deno.test("tf.matMul() of matrices that do not fit says which sizes differ", async () => {
  await openCpu({ blas: "off" });
  const [a, b] = [tf.zeros([2, 3]), tf.zeros([4, 5])];
  assertThrows(() => tf.matMul(a, b), Error, "inner");
  tf.dispose([a, b]);
});

Deno.test("tf.gather() along any axis, with repeats, has the gradient that adds repeats up", async () => {
  await openCpu({ blas: "off" });
  tf.tidy(() => {
    const x = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
    const index = tf.tensor1d([2, 0, 2], "int32");
    assertEquals(tf.gather(x, index, 1).arraySync(), [[3, 1, 3], [6, 4, 6]]);
    const weights = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
    const gradient = tf.grad((t) => tf.sum(tf.mul(tf.gather(t, index, 1), weights)))(x);
    assertEquals(gradient.arraySync(), [[2, 0, 4], [5, 0, 10]]);
    const rows = tf.grad((t) => tf.sum(tf.gather(t, tf.tensor1d([1, 1], "int32"))))(x);
    assertEquals(rows.arraySync(), [[0, 0, 0], [2, 2, 2]]);
  });
});

Deno.test("tf.gather() with batchDims picks within each batch entry", async () => {
  await openCpu({ blas: "off" });
  tf.tidy(() => {
    const x = tf.tensor3d([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]);
    const index = tf.tensor2d([[2, 0], [1, 1]], [2, 2], "int32");
    assertEquals(tf.gather(x, index, 1, 1).arraySync(), [[[5, 6], [1, 2]], [[9, 10], [9, 10]]]);
    const gradient = tf.grad((t) => tf.sum(tf.gather(t, index, 1, 1)))(x);
    assertEquals(gradient.arraySync(), [[[1, 1], [0, 0], [1, 1]], [[0, 0], [2, 2], [0, 0]]]);
  });
});

Deno.test("tf.gather() of an index past the end is an error, not a wild read", async () => {
  await openCpu({ blas: "off" });
  const x = tf.zeros([2, 3]), index = tf.tensor1d([2], "int32");
  assertThrows(() => tf.gather(x, index), RangeError, "index 2 of 2");
  tf.dispose([x, index]);
});

Deno.test("comparisons on the path of a gradient count as constants", async () => {
  await openCpu({ blas: "off" });
  tf.tidy(() => {
    const x = tf.tensor1d([-1, 2]);
    const gradient = tf.grad((t) => tf.sum(tf.mul(t, tf.cast(tf.greater(t, 0), "float32"))))(x);
    assertEquals([...gradient.dataSync()], [0, 1]);
  });
});

Deno.test("kernels of the cpu device leave no tensor behind", async () => {
  const { backend } = await openCpu({ blas: "off" });
  const a = random([3, 4], 1), index = tf.tensor1d([1, 1], "int32");
  const step = () =>
    tf.tidy(() => void tf.grad((t) => tf.sum(tf.matMul(tf.gather(t, index), t, false, true)))(a));
  step();
  const { numTensors } = tf.memory(), { used } = backend.budget, ids = backend.numDataIds();
  step();
  assertEquals(tf.memory().numTensors, numTensors);
  assertEquals(backend.budget.used, used);
  assertEquals(backend.numDataIds(), ids);
  assert(used >= 12 * 4);
  tf.dispose([a, index]);
});
