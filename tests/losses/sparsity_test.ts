import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { sparsity } from "../../src/losses/sparsity.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, termOf } from "../support/one_term.ts";

const scores = () => tf.tensor3d([0.5, 0.25, 0.125, 0.75, 0.375, 0.5], [2, 3, 1]);
const norm = (x: ArrayLike<number>) => Math.hypot(...Array.from(x));

onCpu("sparsity is the sum of the scores of abnormal videos, normal ones or all", () => {
  const sum = (x: number[]) => x.reduce((total, value) => total + value);
  checkTerm(sparsity, { scores: scores() }, 1.625, ({ scores: s }) => s[3] + s[4] + s[5]);
  checkTerm(sparsity, { scores: scores() }, 0.875, ({ scores: s }) => s[0] + s[1] + s[2], {
    settings: { over: "normal" },
  });
  checkTerm(sparsity, { scores: scores() }, 2.5, ({ scores: s }) => sum(Array.from(s)), {
    settings: { over: "all" },
  });
});

onCpu("sparsity by l2_norm is one norm of all these scores", () => {
  const measure = "l2_norm";
  // 0.5625 + 0.140625 + 0.25 and 0.25 + 0.0625 + 0.015625
  checkTerm(
    sparsity,
    { scores: scores() },
    Math.sqrt(0.953125),
    ({ scores: s }) => norm([s[3], s[4], s[5]]),
    { settings: { measure } },
  );
  checkTerm(
    sparsity,
    { scores: scores() },
    Math.sqrt(0.328125),
    ({ scores: s }) => norm([s[0], s[1], s[2]]),
    { settings: { measure, over: "normal" } },
  );
});

onCpu("sparsity by l2_norm has gradient 0 where all scores are 0", () => {
  const value = termOf(sparsity, { settings: { measure: "l2_norm" } });
  const slopes = tf.grad((scores: tf.Tensor) => value({ scores }))(tf.zeros([2, 3, 1]));
  assertEquals([...slopes.dataSync()], Array(6).fill(0));
});
