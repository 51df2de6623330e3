import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { normalProbability } from "../../src/losses/normal_probability.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf, termOf } from "../support/one_term.ts";

onCpu("normalProbability is the mean norm over time of the normal videos, crop by crop", () => {
  // Two normal videos of two crops, lengths 0.5, 1, 0.25 and 0.75; the abnormal ones do not count.
  const rows = [[0.3, 0.4], [0.6, 0.8], [0.25, 0], [0, 0.75]];
  const probability = tf.reshape(
    tf.tensor([...rows, ...rows.map((row) => row.map((p) => 1 - p))], [8, 2]),
    [4, 2, 2],
  );
  checkTerm(
    normalProbability,
    { probability },
    2.5 / 4,
    ({ probability: p }) => meanOf([0, 2, 4, 6].map((i) => Math.hypot(p[i], p[i + 1]))),
  );
});

onCpu("normalProbability of scores that are all 0 has gradient 0", () => {
  const value = termOf(normalProbability);
  const slopes = tf.grad((probability: tf.Tensor) => value({ probability }))(tf.zeros([2, 1, 3]));
  assertEquals([...slopes.dataSync()], Array(6).fill(0));
});
