import * as tf from "@tensorflow/tfjs";
import { similaritySmoothness, similaritySparsity } from "../../src/losses/similarity_shape.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

/** Of two abnormal videos: stretched to 0, 1, 0.5 and 0.25, 0, 1. */
const own = () => ({
  "similarity.own": tf.tensor2d([[9, 8, 7], [7, 9, 8], [1, 3, 2], [0.5, 0.25, 1.25]]),
});

const stretched = (of: Record<string, ArrayLike<number>>) =>
  [6, 9].map((start) => {
    const curve = Array.from(of["similarity.own"]).slice(start, start + 3);
    const least = Math.min(...curve), most = Math.max(...curve);
    return curve.map((x) => (x - least) / (most - least));
  });

onCpu("similaritySmoothness sums squared steps of the stretched curve", () => {
  const hand = (1 + 0.25 + 0.0625 + 1) / 2;
  checkTerm(
    similaritySmoothness,
    own(),
    hand,
    (of) => meanOf(stretched(of).map(([a, b, c]) => (a - b) ** 2 + (b - c) ** 2)),
  );
});

onCpu("similaritySparsity sums the stretched curve", () => {
  checkTerm(
    similaritySparsity,
    own(),
    (1.5 + 1.25) / 2,
    (of) => meanOf(stretched(of).map(([a, b, c]) => a + b + c)),
  );
});
