import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { onCpu } from "../support/on_cpu.ts";

onCpu(
  "tf.sign on the cpu knows the sign of the smallest numbers, and so does the slope of tf.abs",
  () => {
    const x = tf.tensor1d([1e-8, -1e-8, 1e-30, -3, 0, 2]);
    assertEquals([...tf.sign(x).dataSync()], [1, -1, 1, -1, 0, 1]);
    assertEquals([...tf.grad((x) => tf.sum(tf.abs(x)))(x).dataSync()], [1, -1, 1, -1, 0, 1]);
  },
);

onCpu("tf.sign on the cpu works on integers", () => {
  assertEquals([...tf.sign(tf.tensor1d([-3, 0, 4], "int32")).dataSync()], [-1, 0, 1]);
});
