import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals } from "@std/assert";
import { selectedBce } from "../../src/losses/selected_bce.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf, termOf } from "../support/one_term.ts";

onCpu("selectedBce wants 0 of the normal half and 1 of the abnormal half", () => {
  const scores = tf.tensor2d([0.5, 0.25, 0.75, 0.125], [4, 1]);
  // -ln of 1/2, 3/4, 3/4 and 1/8: together 4 ln 2 + 2 ln(4/3)
  const hand = (4 * Math.LN2 + 2 * Math.log(4 / 3)) / 4;
  checkTerm(
    selectedBce,
    { "selected.scores": scores },
    hand,
    ({ "selected.scores": p }) => -meanOf([1 - p[0], 1 - p[1], p[2], p[3]].map(Math.log)),
  );
});

onCpu("selectedBce floors a logarithm at -100", () => {
  const scores = tf.tensor2d([1, 0.5, 0.5, 0], [4, 1]);
  const value = termOf(selectedBce)({ "selected.scores": scores }).dataSync()[0];
  assertAlmostEquals(value, (200 + 2 * Math.LN2) / 4, 1e-5);
});
