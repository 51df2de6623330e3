import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { installGradients } from "../../src/ops/tfjs_gradients.ts";

// tfjs's plain backend: the gradients are made of ops and belong to no device.
tf.env().set("IS_TEST", true);
await tf.setBackend("cpu");
installGradients();

type Function = (x: tf.Tensor) => tf.Tensor;

/** Gradient of the sum of f(x), weighted so that no two outputs count the same. */
function gradientOf(f: Function, x: tf.Tensor): number[] {
  return tf.tidy(() => {
    const weighted = (z: tf.Tensor) => {
      const y = f(z);
      return tf.sum(tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape)));
    };
    return [...tf.grad(weighted)(x).dataSync()];
  });
}

function isClose(found: number[], expected: number[]): void {
  assertEquals(found.length, expected.length);
  const near = found.every((value, i) => Math.abs(value - expected[i]) < 1e-4);
  assert(near, `[${found}] for [${expected}]`); // float32
}

Deno.test("installGradients() lets comparisons and logic lie on the path", () => {
  const x = tf.tensor1d([1, -2, 3]);
  const compared: [string, Function, number[]][] = [
    ["greater", (z) => tf.where(tf.greater(z, 0), tf.mul(z, z), z), [2, 2, 18]],
    ["lessEqual", (z) => tf.mul(tf.cast(tf.lessEqual(z, 1), "float32"), z), [1, 2, 0]],
    ["notEqual", (z) => tf.mul(tf.cast(tf.notEqual(z, 1), "float32"), z), [0, 2, 3]],
    [
      "logicalAnd",
      (z) => tf.mul(tf.cast(tf.logicalAnd(tf.greater(z, 0), tf.less(z, 2)), "float32"), z),
      [1, 0, 0],
    ],
    [
      "logicalNot",
      (z) => tf.mul(tf.cast(tf.logicalNot(tf.equal(z, 3)), "float32"), z),
      [1, 2, 0],
    ],
    ["isNaN", (z) => tf.where(tf.isNaN(z), tf.zerosLike(z), z), [1, 2, 3]],
    ["argMax", (z) => tf.mul(tf.cast(tf.argMax(z), "float32"), z), [2, 4, 6]],
  ];
  for (const [name, f, expected] of compared) {
    assertEquals(gradientOf(f, x), expected, name);
  }
});

Deno.test("max and min give their gradient to the first of equals", () => {
  const x = tf.tensor2d([[1, 5, 5], [2, 2, 0]]);
  assertEquals(gradientOf((z) => tf.max(z, 1), x), [0, 1, 0, 2, 0, 0]);
  assertEquals(gradientOf((z) => tf.min(z, 1), x), [1, 0, 0, 0, 0, 2]);
  assertEquals(gradientOf((z) => tf.max(z, 1, true), x), [0, 1, 0, 2, 0, 0]);
  assertEquals(gradientOf((z) => tf.max(z, 0), x), [0, 2, 3, 1, 0, 0]);
  assertEquals(gradientOf((z) => tf.max(z), x), [0, 1, 0, 0, 0, 0]);
  const y = tf.reshape(tf.tensor1d([4, 1, 7, 7, 0, 7, 7, 2]), [2, 2, 2]);
  assertEquals(gradientOf((z) => tf.max(z, [0, 2]), y), [0, 0, 2, 0, 0, 1, 0, 0]);
});

Deno.test("maximum and minimum halve the gradient at ties", () => {
  const x = tf.tensor1d([1, 0, -1]), zero = tf.scalar(0);
  assertEquals(gradientOf((z) => tf.maximum(z, zero), x), [1, 1, 0]);
  assertEquals(gradientOf((z) => tf.minimum(zero, z), x), [0, 1, 3]);
  assertEquals(gradientOf((z) => tf.maximum(z, x), zero), [0 + 0.5 * 2 + 3]);
});

Deno.test("abs has gradient 0 at 0", () => {
  assertEquals(gradientOf(tf.abs, tf.tensor1d([-2, 0, 3])), [-1, 0, 3]);
});

Deno.test("squaredDifference passes through broadcasting", () => {
  const a = tf.tensor2d([[1, 2], [3, 4]]), b = tf.tensor1d([1, 1]);
  isClose(gradientOf((z) => tf.squaredDifference(z, b), a), [0, 4, 12, 24]);
  isClose(gradientOf((z) => tf.squaredDifference(a, z), b), [-12, -28]);
});

Deno.test("matMul passes through broadcast batch axes, in all four layouts", () => {
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const a = tf.randomNormal(transposeA ? [2, 3, 5, 4] : [2, 3, 4, 5], 0, 1, "float32", 1);
      const b = tf.randomNormal(transposeB ? [1, 6, 5] : [1, 5, 6], 0, 1, "float32", 2);
      const tiled = (z: tf.Tensor) => tf.tile(tf.expandDims(z, 0), [2, 3, 1, 1]);
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB);
      const scaled = (values: number[]) => values.map((value) => value / 100); // weights up to 144
      isClose(
        scaled(gradientOf((z) => product(z, b), a)),
        scaled(gradientOf((z) => product(z, tiled(b)), a)),
      );
      isClose(
        scaled(gradientOf((z) => product(a, z), b)),
        scaled(gradientOf((z) => product(a, tiled(z)), b)),
      );
    }
  }
});

Deno.test("topk gives each value's gradient to where it stood", () => {
  const x = tf.tensor2d([[1, 5, 3], [9, 2, 4]]);
  assertEquals(gradientOf((z) => tf.topk(z, 2).values, x), [0, 1, 2, 3, 0, 4]);
});

Deno.test("gradients of gradients pass through max", () => {
  const cubed = (z: tf.Tensor) => tf.sum(tf.pow(tf.max(z, 0), 3));
  const slope = tf.grad((z: tf.Tensor) => tf.sum(tf.grad(cubed)(z)));
  assertEquals([...slope(tf.tensor1d([1, 2])).dataSync()], [0, 12]);
});
