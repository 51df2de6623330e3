/**
 * Head `dual_memory`: a memory of abnormal and one of normal patterns, a variational reading of the
 * normal one, and a score from each snippet beside what it recalls.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023, arXiv 2302.05160, sections 3.2 to 3.4;
 * henrryzh1/UR-DMU:model.py, memory.py.
 * Differs from the official code: nothing. Golden values: tests/golden/ur_dmu.
 *
 * Requires encoded [B, N, T, C], in training normal videos first, any T >= 1
 * Provides scores [B, T, 1] in [0, 1], crops averaged; memory.abnormal, memory.normal [B, T], how
 * strongly each bank
 *          knows the snippet, crops averaged; in training, for the P = B / 2 pairs of videos, each
 *          mean over k = T / 16 + 1
 *          chosen snippets and the crops:
 *          anchor, positive, negative [P, C], encoded snippets: normal ones that the normal bank
 *          knows best, abnormal
 *          videos' that the normal bank knows best, and theirs that the abnormal bank knows best;
 *          read.normal, read.abnormal [P, C], what is read for anchor and negative;
 *          latent.mean, latent.log_variance [P, N, T, C] of the normal videos' reading.
 *          Further memory_crops.abnormal, memory_crops.normal [B, N, T], memory_read.abnormal,
 *          memory_read.normal
 *          [B, N, T, C], and the chosen snippets of each row (video by video, crop by crop) as
 *          index.anchor,
 *          index.positive, index.negative int32 [P N, k], best first
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { sideOf } from "../contract/halves.ts";
import type { Context, Scope, Slot, Values } from "../contract/slot.ts";
import { memoryBank } from "../nn/memory_bank.ts";
import { linearLayer } from "../nn/torch_layers.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { gatherSnippets, topKIndices } from "../ops/top_k/op.ts";

const config = z.strictObject({
  abnormal_slots: z.int().positive().default(60).describe("patterns of the abnormal memory"),
  normal_slots: z.int().positive().default(60).describe("patterns of the normal memory"),
  hidden: z.int().positive().default(128).describe("width of the score's hidden layer"),
  snippet_divisor: z.int().positive().default(16).describe(
    "T / this + 1 snippets of a video are chosen for the losses",
  ),
});
type Config = z.infer<typeof config>;

export const dualMemory: Slot<Config> = {
  name: "dual_memory",
  summary: "memories of abnormal and normal patterns, a variational normal reading, a score",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:model.py, memory.py",
  config,
  requires: { encoded: "B N T C" },
  offers: [
    "scores",
    "memory.abnormal",
    "memory.normal",
    "anchor",
    "positive",
    "negative",
    "read.normal",
    "read.abnormal",
    "latent.mean",
    "latent.log_variance",
  ],
  provides: (_, { C }) => ({
    scores: "B T 1 : unit",
    "memory.abnormal": "B T : unit",
    "memory.normal": "B T : unit",
    anchor: `P ${C}`,
    positive: `P ${C}`,
    negative: `P ${C}`,
    "read.normal": `P ${C}`,
    "read.abnormal": `P ${C}`,
    "latent.mean": `P N T ${C}`,
    "latent.log_variance": `P N T ${C}`,
  }),
  build(settings, scope, { C }) {
    const abnormalBank = memoryBank(scope, "Amemory", settings.abnormal_slots, C);
    const normalBank = memoryBank(scope, "Nmemory", settings.normal_slots, C);
    const encodeMean = linearLayer(scope, "encoder_mu.0", C, C);
    const encodeVariance = linearLayer(scope, "encoder_var.0", C, C);
    const score = scoreOf(scope, C, settings.hidden);
    const noiseStream = scope.stream("noise");

    return ({ encoded: x }, context): Values => {
      const abnormal = abnormalBank(x), normal = normalBank(x);
      const fromAbnormal = encodeMean(abnormal.read); // [B, N, T, C]
      const fromNormal = encodeMean(normal.read); // [B, N, T, C]
      const values = {
        "memory.abnormal": cropMean(abnormal.activation), // [B, T]
        "memory.normal": cropMean(normal.activation),
        "memory_crops.abnormal": abnormal.activation, // [B, N, T]
        "memory_crops.normal": normal.activation,
        "memory_read.abnormal": abnormal.read,
        "memory_read.normal": normal.read,
      };
      if (context.mode === "eval") {
        return { ...values, scores: score(x, tf.add(fromAbnormal, fromNormal)) };
      }
      const mean = sideOf(fromNormal, "normal"); // [P, N, T, C]
      const logVariance = encodeVariance(sideOf(normal.read, "normal"));
      const latent = tf.add(
        mean,
        tf.mul(noise(mean.shape, context), tf.exp(tf.mul(0.5, logVariance))),
      );
      const recalled = tf.add(
        fromAbnormal,
        tf.concat([latent, sideOf(fromNormal, "abnormal")], 0), // noise on the normal videos alone
      );
      const index = {
        anchor: best(sideOf(normal.activation, "normal")), // [P N, k]
        positive: best(sideOf(normal.activation, "abnormal")),
        negative: best(sideOf(abnormal.activation, "abnormal")),
      };
      return {
        ...values,
        scores: score(x, recalled),
        anchor: meanOfChosen(sideOf(x, "normal"), index.anchor),
        positive: meanOfChosen(sideOf(x, "abnormal"), index.positive),
        negative: meanOfChosen(sideOf(x, "abnormal"), index.negative),
        "read.normal": meanOfChosen(latent, index.anchor),
        "read.abnormal": meanOfChosen(sideOf(fromAbnormal, "abnormal"), index.negative),
        "latent.mean": mean,
        "latent.log_variance": logVariance,
        "index.anchor": index.anchor,
        "index.positive": index.positive,
        "index.negative": index.negative,
      };
    };

    function noise(shape: number[], { random, given }: Context): tf.Tensor {
      return given?.epsilon ? tf.reshape(given.epsilon, shape) : random.normal(shape, noiseStream);
    }

    /** activation [P, N, T] -> int32 [P N, k]: each crop chooses for itself. */
    function best(activation: tf.Tensor): tf.Tensor {
      const T = activation.shape[2]!;
      const k = Math.floor(T / settings.snippet_divisor) + 1;
      return topKIndices(tf.reshape(activation, [-1, T]), Math.min(k, T));
    }
  },
};

/** x [P, N, T, C], index int32 [P N, k] -> [P, C], mean over the chosen snippets and the crops. */
function meanOfChosen(x: tf.Tensor, index: tf.Tensor): tf.Tensor {
  const [P, N, T, C] = x.shape;
  const rows = tf.reshape(x, [P * N!, 1, T!, C!]);
  const chosen = tf.mean(gatherSnippets(rows, index), 2); // [P N, 1, C]
  return cropMean(tf.reshape(chosen, [P, N!, C!]));
}

/** Snippets x and what they recall, both [B, N, T, C] -> scores [B, T, 1], crops averaged. */
function scoreOf(
  scope: Scope,
  C: number,
  hidden: number,
): (x: tf.Tensor, recalled: tf.Tensor) => tf.Tensor {
  const first = linearLayer(scope, "cls_head.mlp.0", 2 * C, hidden, { activation: "relu" });
  const second = linearLayer(scope, "cls_head.mlp.2", hidden, 1, { activation: "sigmoid" });
  return (x, recalled) => cropMean(second(first(tf.concat([x, recalled], 3))));
}
