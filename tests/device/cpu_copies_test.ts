import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertThrows } from "@std/assert";
import { onCpu } from "../support/on_cpu.ts";

/** 0, 1, 2, ... of a shape: every element says where it came from. */
function numbered(shape: number[], dtype: "float32" | "int32" | "bool" = "float32"): tf.Tensor {
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => i);
  return tf.tensor(dtype === "bool" ? values.map((i) => i % 3 === 0) : values, shape, dtype);
}

/** All index tuples of a shape, last axis fastest. */
function indices(shape: number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );
}

function flat(index: number[], shape: number[]): number {
  return index.reduce((at, i, axis) => at * shape[axis] + i, 0);
}

const boxes: [shape: number[], begin: number[], size: number[]][] = [
  [[7], [2], [3]],
  [[5, 6], [1, 0], [3, 6]],
  [[5, 6], [0, 2], [5, 1]],
  [[4, 3, 5], [1, 1, 2], [2, 2, 3]],
  [[4, 3, 5], [0, 1, 0], [4, 1, 5]],
  [[2, 3, 4, 5], [0, 1, 1, 2], [2, 2, 3, 2]],
  [[2, 3, 4, 5], [1, 0, 2, 0], [1, 3, 1, 5]],
  [[2, 2, 3, 2, 3], [0, 1, 0, 0, 1], [2, 1, 2, 2, 2]],
  [[3, 40], [0, 3], [3, 31]], // longer than what is copied word by word
  [[4, 3], [1, 0], [0, 3]],
];

onCpu("tf.slice() on the cpu takes the box, for every rank and type", () => {
  for (const [shape, begin, size] of boxes) {
    const expected = indices(size).map((index) =>
      flat(index.map((i, axis) => i + begin[axis]), shape)
    );
    assertEquals([...tf.slice(numbered(shape), begin, size).dataSync()], expected);
    assertEquals([...tf.slice(numbered(shape, "int32"), begin, size).dataSync()], expected);
    const bits = [...tf.slice(numbered(shape, "bool"), begin, size).dataSync()];
    assertEquals(bits, expected.map((i) => Number(i % 3 === 0)));
  }
});

onCpu("tf.slice() on the cpu refuses a box that sticks out", () => {
  assertThrows(() => tf.slice(numbered([3, 4]), [1, 2], [2, 3]));
});

onCpu("tf.split() and tf.concat() on the cpu undo each other along every axis", () => {
  const x = numbered([4, 6, 5]);
  for (const [axis, sizes] of [[0, [1, 3]], [1, [2, 1, 3]], [2, [4, 1]], [-1, [2, 3]]] as const) {
    const parts = tf.split(x, [...sizes], axis);
    assertEquals(parts.map(({ shape }) => shape.at(axis)), [...sizes]);
    const second = indices(parts[1].shape).map((index) => {
      const moved = index.map((i, at) => at === (axis + 3) % 3 ? i + sizes[0] : i);
      return flat(moved, x.shape);
    });
    assertEquals([...parts[1].dataSync()], second);
    assertEquals(tf.concat(parts, axis).arraySync(), x.arraySync());
  }
  assertEquals([...tf.concat([numbered([2], "bool"), numbered([1], "bool")]).dataSync()], [
    1,
    0,
    1,
  ]);
});

onCpu("tf.concat() and tf.slice() on the cpu have each other as gradients", () => {
  const [a, b] = [numbered([2, 1]), numbered([2, 2])];
  const weights = numbered([2, 3]);
  const [da, db] = tf.grads((a, b) => tf.sum(tf.mul(tf.concat([a, b], 1), weights)))([a, b]);
  assertEquals([da.arraySync(), db.arraySync()], [[[0], [3]], [[1, 2], [4, 5]]]);
  const dx = tf.grad((x) => tf.sum(tf.slice(x, [0, 1], [2, 1])))(weights);
  assertEquals(dx.arraySync(), [[0, 1, 0], [0, 1, 0]]);
});

onCpu("tf.clone() on the cpu shares the memory until the last handle is gone", (backend) => {
  const x = numbered([1000]);
  const before = backend.budget.used;
  const y = tf.clone(x);
  assertEquals(backend.budget.used, before);
  assertEquals(backend.address(y), backend.address(x));
  x.dispose();
  assertEquals(y.dataSync()[999], 999);
});

onCpu("copies of string tensors still work on the cpu", () => {
  const words = tf.tensor1d(["a", "b", "c"]);
  const joined = (x: tf.Tensor) => (x.arraySync() as unknown as string[]).join("");
  assertEquals(joined(tf.slice(words, 1, 2)), "bc");
  assertEquals(joined(tf.concat([words, tf.clone(words)])), "abcabc");
});

/** Shapes and permutations: neighbours that change places, with axes of 1, and all of four axes. */
const permutations: [shape: number[], perm: number[]][] = [
  [[7, 9], [1, 0]],
  [[4, 6, 5], [0, 2, 1]],
  [[3, 6, 5, 2], [0, 2, 1, 3]],
  [[5, 2, 3, 4], [2, 3, 0, 1]],
  [[1, 6, 1, 5], [3, 2, 0, 1]],
  [[4, 1, 5], [1, 0, 2]],
  [[3, 0, 2], [2, 1, 0]],
  ...indices([4, 4, 4, 4]).filter((perm) => new Set(perm).size === 4)
    .map((perm): [number[], number[]] => [[2, 3, 4, 5], perm]),
];

onCpu("tf.transpose() on the cpu moves every element to its place, for every permutation", () => {
  for (const [shape, perm] of permutations) {
    const turned = perm.map((axis) => shape[axis]);
    const expected = indices(turned).map((index) =>
      flat(shape.map((_, axis) => index[perm.indexOf(axis)]), shape)
    );
    for (const dtype of ["float32", "int32"] as const) {
      const y = tf.transpose(numbered(shape, dtype), perm);
      assertEquals([y.shape, [...y.dataSync()], y.dtype], [turned, expected, dtype]);
    }
    const bits = [...tf.transpose(numbered(shape, "bool"), perm).dataSync()];
    assertEquals(bits, expected.map((i) => Number(i % 3 === 0)));
  }
});

onCpu("tf.cast() on the cpu to the type that a tensor has takes no memory", () => {
  const x = numbered([500]), before = tf.backend().memory() as unknown as { heapBytes: number };
  const same = tf.cast(x, "float32");
  const after = tf.backend().memory() as unknown as { heapBytes: number };
  assertEquals(after.heapBytes, before.heapBytes);
  const values = [...x.dataSync()];
  x.dispose();
  assertEquals([...same.dataSync()], values); // it lives on in the other
  assertEquals([...tf.cast(same, "int32").dataSync()], values);
});
