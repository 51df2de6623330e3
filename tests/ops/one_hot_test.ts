import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { bagMax } from "../../src/ops/bag_max/op.ts";
import { oneHot } from "../../src/ops/kernel/one_hot.ts";
import { onCpu } from "../support/on_cpu.ts";

onCpu("oneHot() gives floats, with a depth of 1 as well", () => {
  const index = tf.tensor2d([[0, 2]], [1, 2], "int32");
  assertEquals(oneHot(index, 3).arraySync(), [[[1, 0, 0], [0, 0, 1]]]);
  assertEquals(oneHot(tf.zeros([2], "int32"), 1).arraySync(), [[1], [1]]);
  assertEquals(oneHot(index, 3).dtype, "float32");
});

onCpu("bagMax() of a single snippet has a gradient", () => {
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(bagMax(x)))(tf.tensor2d([[0.3], [0.5]]));
  assertEquals(gradient.arraySync(), [[1], [1]]);
});
