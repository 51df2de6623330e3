import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { assertClose, assertSameBits, onCpu, randomTensor, valuesOf } from "../support/on_cpu.ts";

/** Values of x as if tiled to `shape`. */
function broadcast(x: tf.Tensor, shape: number[]): number[] {
  const values = valuesOf(x);
  const padded = [...Array(shape.length - x.shape.length).fill(1), ...x.shape];
  return Array.from({ length: tf.util.sizeFromShape(shape) }, (_, flat) => {
    let rest = flat, at = 0, step = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
      if (padded[axis] > 1) at += index * step;
      step *= padded[axis];
    }
    return values[at];
  });
}

const operations: [(a: tf.Tensor, b: tf.Tensor) => tf.Tensor, (a: number, b: number) => number][] =
  [
    [tf.add, (a, b) => a + b],
    [tf.sub, (a, b) => a - b],
    [tf.mul, (a, b) => a * b],
    [tf.div, (a, b) => a / b],
  ];

// same, scalar, row, value a row, both, and patterns that only tfjs's own kernel knows
const pairs: [number[], number[]][] = [
  [[7], [7]],
  [[3, 5], []],
  [[3, 5], [1]],
  [[3, 5], [5]],
  [[3, 5], [1, 5]],
  [[3, 5], [3, 1]],
  [[2, 3, 7], [3, 7]],
  [[2, 3, 7], [2, 1, 1]],
  [[2, 3, 7], [2, 3, 1]],
  [[2, 3, 7], [2, 1, 7]],
  [[2, 3, 7], [1, 3, 1]],
  [[3, 1], [1, 5]],
  [[1, 1, 6], [1, 6]],
  [[1], [1, 1]],
];

onCpu("arithmetic on the cpu broadcasts either operand over any axes", () => {
  for (const [large, small] of pairs) {
    for (const [first, second] of [[large, small], [small, large]]) {
      const a = randomTensor(first, 1), b = tf.add(randomTensor(second, 2), 2); // away from 0
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(first, second);
      const [x, y] = [broadcast(a, shape), broadcast(b, shape)];
      for (const [op, reference] of operations) {
        const found = op(a, b);
        assertEquals(found.shape, shape);
        assertEquals(valuesOf(found), Float32Array.from(x, (value, i) => reference(value, y[i])));
      }
    }
  }
});

onCpu("arithmetic on the cpu keeps integers and empty tensors to tfjs", () => {
  const sum = tf.add(tf.tensor1d([1, 2], "int32"), tf.scalar(3, "int32"));
  assertEquals([sum.dtype, ...sum.dataSync()], ["int32", 4, 5]);
  assertEquals(tf.add(tf.zeros([0, 3]), tf.zeros([3])).shape, [0, 3]);
});

onCpu("tf.sum() and tf.mean() on the cpu agree with double precision over any axes", () => {
  const shape = [3, 5, 7, 2];
  const x = randomTensor(shape, 1), values = valuesOf(x);
  for (
    const axes of [[0], [1], [2], [3], [-1], [0, 1], [1, 2], [2, 3], [0, 1, 2, 3], [0, 2], [3, 1]]
  ) {
    const reduced = axes.map((axis) => (axis + 4) % 4);
    const kept = shape.filter((_, axis) => !reduced.includes(axis));
    const sums = new Float64Array(tf.util.sizeFromShape(kept));
    values.forEach((value, flat) => {
      let rest = flat, at = 0, step = 1;
      for (let axis = 3; axis >= 0; axis--) {
        const index = rest % shape[axis];
        rest = Math.floor(rest / shape[axis]);
        if (!reduced.includes(axis)) {
          at += index * step;
          step *= shape[axis];
        }
      }
      sums[at] += value;
    });
    const count = values.length / sums.length;
    assertClose(tf.sum(x, axes), sums, 5e-6); // blocks of 64 in f32
    assertClose(tf.mean(x, axes), sums.map((sum) => sum / count), 5e-6);
    const keptDims = shape.map((size, axis) => reduced.includes(axis) ? 1 : size);
    assertEquals(tf.sum(x, axes, true).shape, keptDims);
    assertEquals(tf.sum(x, axes).shape, kept);
  }
});

onCpu("tf.sum() on the cpu keeps its digits over a million values", () => {
  const x = tf.fill([1_000_003], 0.1), exact = 1_000_003 * Math.fround(0.1);
  // one float32 running sum is off by 4e-5 and more
  assertClose(tf.div(tf.sum(x), exact), [1], 1e-7);
});

onCpu("tf.sum() on the cpu still counts booleans and integers", () => {
  assertEquals(tf.sum(tf.tensor1d([true, false, true])).dataSync()[0], 2);
  assertEquals(tf.sum(tf.tensor2d([[1, 2], [3, 4]], [2, 2], "int32"), 0).arraySync(), [4, 6]);
});

onCpu("sums on the cpu give the same bits twice", () => {
  const x = randomTensor([67, 13, 5], 1);
  assertSameBits(() => [tf.sum(x, 0), tf.sum(x, 2), tf.mean(x, 1), tf.sum(x)]);
});
