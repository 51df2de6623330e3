/**
 * Losses `reconstruction_consistency` and `prototype_gather`: the score of a snippet is how unlike
 * it is to what prototypes of normality make of it, and these lie near the normal snippets.
 *
 * Source: DSANet, Yin et al., AAAI 2026, arXiv 2511.10334; lessiYin/DSANet. Golden values:
 * tests/golden/dsanet.
 *
 * The first requires encoded, reconstructed [B, N, T, C], score_logits [B, N, T, 1], lengths [B],
 * padding not counted; the second normal_distance [B, N, S]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { cosine } from "../ops/cosine/op.ts";

const config = z.strictObject({
  weight: z.number().default(1).describe("factor of the term in the loss"),
});
type Config = z.infer<typeof config>;

export const reconstructionConsistency: LossTerm<Config> = {
  name: "reconstruction_consistency",
  summary: "the score of a snippet is how unlike it is to its reconstruction from normality",
  source: "DSANet, Yin et al., AAAI 2026; lessiYin/DSANet",
  config,
  requires: {
    encoded: "B N T C",
    reconstructed: "B N T C",
    score_logits: "B N T 1",
    lengths: "B",
  },
  build: () => ({ encoded, reconstructed, score_logits: logits, lengths }) => {
    const [B, N, T] = encoded.shape as [number, number, number];
    const unlike = tf.div(tf.sub(1, cosine(encoded, reconstructed)), 2); // [B, N, T]
    const squares = tf.square(tf.sub(tf.sigmoid(tf.squeeze(logits, [3])), unlike));
    const valid = tf.cast(
      tf.less(tf.range(0, T), tf.reshape(tf.cast(lengths, "float32"), [B, 1, 1])),
      "float32",
    ); // [B, 1, T]
    const count = tf.mul(tf.sum(valid), N);
    return tf.div(tf.sum(tf.mul(squares, valid)), count) as tf.Scalar;
  },
};

export const prototypeGather: LossTerm<Config> = {
  name: "prototype_gather",
  summary: "prototypes of normality lie near the snippets of lowest score",
  source: "DSANet, Yin et al., AAAI 2026; lessiYin/DSANet",
  config,
  requires: { normal_distance: "B N S" },
  build: () => ({ normal_distance: distance }) => tf.mean(distance) as tf.Scalar,
};
