import * as tf from "@tensorflow/tfjs";
import { pseudoLabelBce } from "../../src/losses/pseudo_label_bce.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

const scores = () => tf.tensor3d([0.5, 0.25, 0.75, 0.125], [2, 2, 1]);
const constants = () => ({ pseudo_labels: tf.tensor2d([[0, 0], [1, 0]]) });

onCpu("pseudoLabelBce is the cross entropy of every score with its label", () => {
  const hand = (Math.LN2 + Math.log(4 / 3) + Math.log(4 / 3) + Math.log(8 / 7)) / 4;
  checkTerm(
    pseudoLabelBce,
    { scores: scores() },
    hand,
    ({ scores: s }) => -meanOf([1 - s[0], 1 - s[1], s[2], 1 - s[3]].map(Math.log)),
    { constants: constants() },
  );
});

onCpu("pseudoLabelBce with prediction and label swapped is a hundred times the error", () => {
  const hand = 100 * (0.5 + 0.25 + 0.25 + 0.125) / 4;
  checkTerm(
    pseudoLabelBce,
    { scores: scores() },
    hand,
    ({ scores: s }) => 100 * meanOf([s[0], s[1], 1 - s[2], s[3]]),
    {
      constants: constants(),
      settings: { swapped: true },
    },
  );
});
