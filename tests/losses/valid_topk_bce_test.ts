import * as tf from "@tensorflow/tfjs";
import { validTopkBce } from "../../src/losses/valid_topk_bce.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

onCpu(
  "validTopkBce counts the best length / divisor + 1 valid snippets, and column 0 for Normal",
  () => {
    const scores = tf.tensor3d([0.5, 0.25, 0.75, 0.875, 0.25, 0.5, 0.125, 0.75], [2, 4, 1]);
    const constants = {
      lengths: tf.tensor1d([3, 4], "int32"), // 2 of 3 and 3 of 4 snippets at divisor 2
      labels: tf.tensor2d([[1, 0, 0], [0, 1, 1]]),
    };
    // Normal: (0.75 + 0.5) / 2, the 0.875 being padding; abnormal: (0.75 + 0.5 + 0.25) / 3
    const hand = (-Math.log(1 - 0.625) - Math.log(0.5)) / 2;
    checkTerm(validTopkBce, { scores }, hand, ({ scores: s }) => {
      const best = (from: number, to: number, k: number) =>
        meanOf(Array.from(s).slice(from, to).sort((a, b) => b - a).slice(0, k));
      return -meanOf([Math.log(1 - best(0, 3, 2)), Math.log(best(4, 8, 3))]);
    }, { settings: { divisor: 2 }, constants });
  },
);
