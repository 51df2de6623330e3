import * as tf from "@tensorflow/tfjs";
import { validBagBce } from "../../src/losses/valid_bag_bce.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

onCpu("validBagBce counts the best valid score of a normal video, and several of others", () => {
  const scores = tf.tensor3d([0.5, 0.25, 0.75, 0.875, 0.25, 0.5, 0.125, 0.75], [2, 4, 1]);
  const constants = {
    lengths: tf.tensor1d([3, 4], "int32"),
    labels: tf.tensor2d([[1, 0, 0], [0, 1, 1]]),
  };
  // Normal: 0.75, the 0.875 being padding; abnormal: 4 / 2 + 1 = 3 of them, (0.75 + 0.5 + 0.25) / 3
  const hand = (-Math.log(1 - 0.75) - Math.log(0.5)) / 2;
  checkTerm(validBagBce, { scores }, hand, ({ scores: s }) => {
    const largest = Math.max(s[0], s[1], s[2]);
    const best = meanOf(Array.from(s).slice(4).sort((a, b) => b - a).slice(0, 3));
    return -meanOf([Math.log(1 - largest), Math.log(best)]);
  }, { settings: { divisor: 2 }, constants });
});
