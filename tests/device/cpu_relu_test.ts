import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { onCpu } from "../support/on_cpu.ts";

onCpu("tf.relu on the cpu keeps NaN, whatever its sign bit", () => {
  const nan = tf.div(tf.zeros([5]), tf.zeros([5])); // on x86 with the sign bit set
  assertEquals([...tf.relu(nan).dataSync()], Array(5).fill(NaN));
  assertEquals([...tf.relu(tf.tensor1d([NaN, -1, 2, -0.5, 3])).dataSync()], [NaN, 0, 2, 0, 3]);
});

onCpu("tf.relu on the cpu leaves its input alone, and works on integers", () => {
  const x = tf.tensor2d([[-1, 2], [3, -4]]);
  assertEquals(tf.relu(x).arraySync(), [[0, 2], [3, 0]]);
  assertEquals(x.arraySync(), [[-1, 2], [3, -4]]);
  assertEquals(tf.relu(tf.tensor1d([-3, 4], "int32")).arraySync(), [0, 4]);
});
