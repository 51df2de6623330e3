/**
 * Encoder `experts`: a projection of the snippets, and experts beside it of which each scores one
 * class of anomaly.
 *
 * Source: GS-MoE, D'Amicantonio et al., ICCV 2025, arXiv 2508.06318; no official code was released,
 * jinmang2/wsad is followed. Golden values: tests/golden/gs_moe.
 *
 * Requires features [B, N, T, C], any T >= 1; crops are averaged before the model
 * Provides encoded [B, 1, T, hidden]; expert_scores [B, experts, T] in [0, 1]
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { recomputed } from "../autodiff/recomputed.ts";
import type { Slot } from "../contract/slot.ts";
import { scoreChain, xavierLayer } from "../nn/dense_chain.ts";
import { preNormBlock } from "../nn/pre_norm_block.ts";
import { cropMean } from "../ops/crop_mean/op.ts";

const config = z.strictObject({
  hidden: z.int().positive().default(1024).describe("channels of the encoded snippets"),
  experts: z.int().positive().default(13).describe(
    "experts: one for each class of anomaly, in the order of class ids",
  ),
  heads: z.int().positive().default(2).describe("attention heads of an expert; divides hidden"),
  inner: z.int().positive().default(512).describe("width of an expert's feed-forward part"),
  mlp: z.array(z.int().positive()).min(1).default([512, 256, 128, 64]).describe(
    "hidden widths of an expert's score",
  ),
  dropout: z.number().min(0).lt(1).default(0.1).describe(
    "dropout of the attention weights and of the attention's output",
  ),
  recompute: z.boolean().default(false).describe(
    "make an expert's tensors again in the backward pass in place of keeping them: a third more time, a fraction of the memory",
  ),
}).refine(({ hidden, heads }) => hidden % heads === 0, {
  path: ["heads"],
  message: "must divide hidden",
});
type Config = z.infer<typeof config>;

export const experts: Slot<Config> = {
  name: "experts",
  summary: "a projection of the snippets, and an expert for each class of anomaly",
  source: "GS-MoE, D'Amicantonio et al., ICCV 2025; jinmang2/wsad",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded", "expert_scores"],
  mixesCrops: true,
  averagesCrops: () => true,
  provides: ({ hidden, experts }) => ({
    encoded: `B 1 T ${hidden}`,
    expert_scores: `B ${experts} T : unit`,
  }),
  build({ hidden, experts: count, mlp, recompute, ...block }, scope, { C }) {
    const project = xavierLayer(scope, "input_proj", C, hidden);
    const experts = Array.from({ length: count }, (_, e) => ({
      mix: preNormBlock(scope, `experts.${e}.block`, hidden, block),
      score: scoreChain(scope, `experts.${e}.mlp`, [hidden, ...mlp]),
    }));
    return ({ features }, context) => {
      const encoded = project(cropMean(features)); // [B, T, hidden]
      const scores = experts.map(({ mix, score }, i) => {
        context.onPart?.(i, experts.length, "expert");
        const stage = (h: tf.Tensor) => tf.squeeze(score(mix(h, context)), [2]); // [B, T]
        return recompute ? recomputed(encoded, stage) : tf.tidy(() => stage(encoded));
      });
      return {
        encoded: tf.expandDims(encoded, 1), // [B, 1, T, hidden]
        expert_scores: tf.stack(scores, 1), // [B, experts, T]
      };
    };
  },
};
