import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { softmax } from "../../src/ops/softmax/op.ts";
import { softmaxReference } from "../../src/ops/softmax/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  randomTensor,
  valuesOf,
} from "../support/on_cpu.ts";

for (const shape of [[1, 1, 1], [2, 3, 7], [3, 1, 65]]) {
  onCpu(`softmax() of [${shape}] equals the loops, with its gradient`, () => {
    const rows: [number, number] = [shape[0] * shape[1], shape[2]];
    const x = tf.mul(8, randomTensor(shape, 1));
    assertClose(softmax(x), softmaxReference(valuesOf(x), rows), 1e-6);
    const reference = (values: ArrayLike<number>) => softmaxReference(values, rows);
    assertGradient((x) => softmax(x), [x], reference, 1e-3);
    assertSameBits(() => softmax(x));
  });
}

onCpu("softmax() with lengths leaves out what lies behind, whatever it is", () => {
  const x = randomTensor([2, 3, 5], 1);
  const broken = tf.where(
    tf.less(tf.range(0, 5), 3),
    x,
    tf.fill([2, 3, 5], 1e30), // behind the first three
  );
  const lengths = tf.tensor1d([3, 2], "int32");
  const expected = softmaxReference(valuesOf(x), [6, 5], [3, 2]);
  for (const each of [x, broken]) assertClose(softmax(each, lengths), expected, 1e-6);
  const reference = (values: ArrayLike<number>) => softmaxReference(values, [6, 5], [3, 2]);
  assertGradient((x) => softmax(x, lengths), [x], reference, 1e-3);
});

onCpu("softmax() of a row of length 0 is NaN, the others' numbers stay", () => {
  const x = randomTensor([2, 4], 1);
  const y = softmax(x, tf.tensor1d([0, 4], "int32")).dataSync();
  assert(y.subarray(0, 4).every(Number.isNaN));
  assertEquals([...y.subarray(4)], [...softmax(tf.slice(x, [1, 0], [1, 4])).dataSync()]);
});
