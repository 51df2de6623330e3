import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { sharedConv } from "../../src/ops/shared_conv/op.ts";
import { sharedConvReference } from "../../src/ops/shared_conv/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

onEitherEngine("sharedConv() agrees with plain loops, value and gradient", () => {
  const sizes = [[1, 1, 1, 1, 1], [2, 1, 6, 3, 5], [3, 2, 4, 2, 5], [2, 17, 15, 5, 3], [
    1,
    7,
    6,
    6,
    7,
  ]];
  for (const [R, T, C, H, K] of sizes) {
    const inputs = [randomTensor([R, T, C], 1), randomTensor([H, K], 2), randomTensor([H], 3)];
    const reference = (...[x, weight, bias]: ArrayLike<number>[]) =>
      sharedConvReference(x, weight, bias, [R, T, C, H, K]);
    const y = sharedConv(inputs[0], inputs[1], inputs[2]);
    assertEquals(y.shape, [R, T, C]);
    assertClose(y, reference(...inputs.map((x) => x.dataSync())), 1e-6); // values up to 2
    assertGradient((...[x, weight, bias]) => sharedConv(x, weight, bias), inputs, reference, 1e-5);
    assertClose(
      sharedConv(inputs[0], inputs[1]),
      sharedConvReference(inputs[0].dataSync(), inputs[1].dataSync(), undefined, [R, T, C, H, K]),
      1e-6,
    );
  }
});

onCpu("sharedConv() gives channel c the kernel c mod H", () => {
  const x = tf.ones([1, 1, 6]);
  const y = sharedConv(x, tf.tensor2d([[10], [20]]), tf.tensor1d([1, 2]));
  assertEquals([...y.dataSync()], [11, 22, 11, 22, 11, 22]);
});

onCpu("sharedConv() gives the same bits in two runs", () => {
  const inputs = [randomTensor([3, 19, 12], 1), randomTensor([4, 5], 2), randomTensor([4], 3)];
  assertSameBits(() =>
    tf.grads((...[x, weight, bias]: tf.Tensor[]) => tf.sum(tf.square(sharedConv(x, weight, bias))))(
      inputs,
    )
  );
});
