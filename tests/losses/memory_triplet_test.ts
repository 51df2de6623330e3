import * as tf from "@tensorflow/tfjs";
import { memoryTriplet } from "../../src/losses/memory_triplet.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

onCpu("memoryTriplet is the hinge of the distances of unit vectors", () => {
  const inputs = {
    anchor: tf.tensor2d([[3, 4], [1, 0]]),
    positive: tf.tensor2d([[0, 2], [0, 3]]),
    negative: tf.tensor2d([[5, 0], [-2, 0]]),
  };
  // Unit vectors (0.6, 0.8), (0, 1), (1, 0): sqrt(0.4) - sqrt(0.8) + 1.
  // Then (1, 0), (0, 1), (-1, 0): sqrt(2) - 2 + 1.
  const hand = (Math.sqrt(0.4) - Math.sqrt(0.8) + 1 + Math.SQRT2 - 1) / 2;
  checkTerm(memoryTriplet, inputs, hand, (of) => {
    const unit = (x: ArrayLike<number>, i: number) => {
      const [u, v] = [x[2 * i], x[2 * i + 1]];
      return [u / Math.hypot(u, v), v / Math.hypot(u, v)];
    };
    const apart = (x: number[], y: number[]) => Math.hypot(x[0] - y[0] + 1e-6, x[1] - y[1] + 1e-6);
    return meanOf([0, 1].map((i) => {
      const [a, p, q] = [of.anchor, of.positive, of.negative].map((x) => unit(x, i));
      return Math.max(0, apart(a, p) - apart(a, q) + 1);
    }));
  });
  checkTerm(memoryTriplet, { ...inputs, negative: inputs.positive }, 0.25, () => 0.25, {
    settings: { margin: 0.25 },
  });
});
