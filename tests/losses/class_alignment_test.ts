import * as tf from "@tensorflow/tfjs";
import { classAlignment } from "../../src/losses/class_alignment.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

onCpu("classAlignment is the cross entropy of each class's best valid logits", () => {
  // [B = 2, T = 3, K = 2]; 2 valid snippets of the first, of which 1 / 2 + 1 = 2 count,
  // 3 of the second: 2 count
  const logits = tf.tensor3d([1, 4, 3, 2, 9, 9, 0, 5, 2, 3, 6, -1], [2, 3, 2]);
  const constants = {
    lengths: tf.tensor1d([2, 3], "int32"),
    labels: tf.tensor2d([[1, 0], [1, 1]]), // the second is of both: half a share each
  };
  // First: means (2, 3), class 0: ln(1 + e). Second: class 0 (6 + 2) / 2 = 4,
  // class 1 (5 + 3) / 2 = 4: ln 2.
  const hand = (Math.log(1 + Math.E) + Math.LN2) / 2;
  checkTerm(classAlignment, { class_logits: logits }, hand, ({ class_logits: x }) => {
    const best = (b: number, k: number, length: number) =>
      meanOf(
        Array.from({ length }, (_, t) => x[b * 6 + t * 2 + k]).sort((p, q) => q - p).slice(0, 2),
      );
    const logSoftmax = (b: number, length: number) => {
      const z = [0, 1].map((k) => best(b, k, length));
      const log = Math.log(Math.exp(z[0]) + Math.exp(z[1]));
      return z.map((value) => value - log);
    };
    const [first, second] = [logSoftmax(0, 2), logSoftmax(1, 3)];
    return -meanOf([first[0], (second[0] + second[1]) / 2]);
  }, { settings: { divisor: 2 }, constants });
});
