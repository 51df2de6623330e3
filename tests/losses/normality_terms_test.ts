import * as tf from "@tensorflow/tfjs";
import { prototypeGather, reconstructionConsistency } from "../../src/losses/normality_terms.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

onCpu("reconstructionConsistency compares the valid scores with half of 1 - cosine", () => {
  const inputs = {
    encoded: tf.tensor4d([1, 0, 0, 2, 3, 0], [1, 1, 3, 2]),
    reconstructed: tf.tensor4d([2, 0, 1, 0, 0, 1], [1, 1, 3, 2]),
    score_logits: tf.tensor4d([0, Math.log(3), 9], [1, 1, 3, 1]), // 0.5, 0.75 and padding's
  };
  const hand = ((0.5 - 0) ** 2 + (0.75 - 0.5) ** 2) / 2;
  checkTerm(
    reconstructionConsistency,
    inputs,
    hand,
    ({ encoded: x, reconstructed: z, score_logits }) =>
      meanOf([0, 1].map((t) => {
        const [a, b, c, d] = [x[2 * t], x[2 * t + 1], z[2 * t], z[2 * t + 1]];
        const cosine = (a * c + b * d) / Math.hypot(a, b) / Math.hypot(c, d);
        return (1 / (1 + Math.exp(-score_logits[t])) - (1 - cosine) / 2) ** 2;
      })),
    { constants: { lengths: tf.tensor1d([2], "int32") } },
  );
});

onCpu("prototypeGather is the mean distance", () => {
  const distance = tf.tensor3d([0.5, 1, 0.25, 0.25], [2, 1, 2]);
  checkTerm(
    prototypeGather,
    { normal_distance: distance },
    0.5,
    (of) => meanOf(Array.from(of.normal_distance)),
  );
});
