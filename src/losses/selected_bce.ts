/**
 * Loss `selected_bce`: binary cross entropy between the mean score of the selected snippets and the
 * video label.
 *
 * Source: RTFM, Tian et al., ICCV 2021; tianyu0207/RTFM:train.py.
 *
 * Requires selected.scores [B, 1] in [0, 1]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
});

export const selectedBce: LossTerm<z.infer<typeof config>> = {
  name: "selected_bce",
  summary: "cross entropy of the selected snippets' mean score with the video label",
  source: "RTFM, Tian et al., ICCV 2021; tianyu0207/RTFM:train.py",
  config,
  requires: { "selected.scores": "B 1 : unit" },
  build: () => (values) => {
    const scores = values["selected.scores"]; // [2n, 1], normal first
    const n = scores.shape[0] / 2;
    return binaryCrossEntropy(scores, tf.concat([tf.zeros([n, 1]), tf.ones([n, 1])]));
  },
};
