import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { lengthDifference } from "../../src/ops/length_difference/op.ts";
import { lengthDifferenceReference } from "../../src/ops/length_difference/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

onEitherEngine("lengthDifference() agrees with plain loops, value and gradient", () => {
  for (const [M, C] of [[1, 1], [3, 7], [2, 64], [5, 67]]) {
    const inputs = [randomTensor([M, C], 1), randomTensor([M, C], 2)];
    const reference = (...[a, b]: ArrayLike<number>[]) => lengthDifferenceReference(a, b, [M, C]);
    const y = lengthDifference(inputs[0], inputs[1]);
    assertEquals(y.shape, [M]);
    assertClose(y, reference(...inputs.map((x) => x.dataSync())), 2e-6); // sums of up to 67 terms
    assertGradient((...[a, b]) => lengthDifference(a, b), inputs, reference, 1e-5);
  }
});

onCpu("lengthDifference() keeps what a difference of norms near 1000 would lose", () => {
  const a = tf.add(1, randomTensor([1, 1024], 1)), b = tf.add(a, 2 ** -20);
  // 1024 x 2^-20 with the rounding of a + 2^-20; float32 norms near 1000 are 6e-5 apart.
  assertClose(
    lengthDifference(b, a),
    lengthDifferenceReference(b.dataSync(), a.dataSync(), [1, 1024]),
    1e-9,
  );
});

onCpu("lengthDifference() has gradient 0 at 0", () => {
  const x = tf.tensor2d([[0, -2, 3, 0]]);
  const [da, db] = tf.grads((a, b) => tf.sum(lengthDifference(a, b)))([x, tf.clone(x)]);
  assertEquals([...da.dataSync()], [0, -1, 1, 0]);
  assertEquals([...db.dataSync()].map((value) => value + 0), [0, 1, -1, 0]);
});

onCpu("lengthDifference() gives the same bits in two runs", () => {
  const inputs = [randomTensor([5, 67], 1), randomTensor([5, 67], 2)];
  assertSameBits(() => lengthDifference(inputs[0], inputs[1]));
});
