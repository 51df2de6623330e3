/**
 * Head `expert_gate`: the experts' scores and the snippets attend to each other and become one
 * score.
 *
 * Source: GS-MoE, D'Amicantonio et al., ICCV 2025, arXiv 2508.06318; no official code was released,
 * jinmang2/wsad is followed. Golden values: tests/golden/gs_moe.
 *
 * Requires encoded [B, 1, T, C], expert_scores [B, E, T], any T >= 1
 * Provides scores [B, T, 1] in [0, 1]
 *
 * @throws {RangeError} heads that do not divide the channels
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { recomputed } from "../autodiff/recomputed.ts";
import { fault } from "../fault.ts";
import type { Scope, Slot } from "../contract/slot.ts";
import { scoreChain, xavierLayer } from "../nn/dense_chain.ts";
import { preNormBlock } from "../nn/pre_norm_block.ts";
import { attention } from "../ops/attention/op.ts";

const config = z.strictObject({
  cross_heads: z.int().positive().default(2).describe("heads of the attention between the two"),
  heads: z.int().positive().default(4).describe("attention heads of the block after it"),
  inner: z.int().positive().default(512).describe("width of the block's feed-forward part"),
  mlp: z.array(z.int().positive()).default([512, 256, 128]).describe(
    "hidden widths of the score, after one as wide as the encoded snippets",
  ),
  dropout: z.number().min(0).lt(1).default(0.1).describe(
    "dropout of the block's attention weights and of its attention's output",
  ),
  recompute: z.boolean().default(false).describe(
    "make the block's and the score's tensors again in the backward pass in place of keeping them",
  ),
});
type Config = z.infer<typeof config>;

export const expertGate: Slot<Config> = {
  name: "expert_gate",
  summary: "experts' scores and snippets attend to each other and become one score",
  source: "GS-MoE, D'Amicantonio et al., ICCV 2025; jinmang2/wsad",
  config,
  requires: { encoded: "B 1 T C", expert_scores: "B E T : unit" },
  offers: ["scores"],
  provides: () => ({ scores: "B T 1 : unit" }),
  build({ cross_heads: crossHeads, mlp, recompute, ...block }, scope, { C, E }) {
    requireDivisor("cross_heads", crossHeads, C);
    requireDivisor("heads", block.heads, 2 * C);
    const refine = xavierLayer(scope, "gate.refine", E, C);
    const exchange = crossAttention(scope, "gate.cross", C, crossHeads);
    const mix = preNormBlock(scope, "gate.block", 2 * C, block);
    const score = scoreChain(scope, "gate.mlp", [2 * C, C, ...mlp]);
    return ({ encoded, expert_scores: expertScores }, context) => {
      const h = tf.squeeze(encoded, [1]); // [B, T, C]
      const r = refine(tf.transpose(expertScores, [0, 2, 1])); // [B, T, C]
      const exchanged = exchange(h, r); // [B, T, 2 C]
      if (!recompute) return { scores: score(mix(exchanged, context)) }; // [B, T, 1]
      const mixed = recomputed(exchanged, (x) => mix(x, context)); // [B, T, 2 C]
      return { scores: recomputed(mixed, score) };
    };
  },
};

function requireDivisor(key: string, heads: number, channels: number): void {
  if (channels % heads === 0) return;
  throw fault(
    RangeError,
    `Cannot build head "expert_gate": ${key} = ${heads} does not divide the ${channels} channels it splits; change ${key} or the encoder's width`,
  );
}

/**
 * Each stream weighs the other's values by its own attention; no projection after it and no
 * residual. Parameters `<name>.{a,b}_{q,k,v}.weight`; a, b [B, T, C] -> [B, T, 2 C].
 */
function crossAttention(
  scope: Scope,
  name: string,
  channels: number,
  heads: number,
): (a: tf.Tensor, b: tf.Tensor) => tf.Tensor {
  const layer = (part: string) =>
    xavierLayer(scope, `${name}.${part}`, channels, channels, { bias: false });
  const [queryA, keyA, valueA] = ["a_q", "a_k", "a_v"].map(layer);
  const [queryB, keyB, valueB] = ["b_q", "b_k", "b_v"].map(layer);
  const scale = (channels / heads) ** -0.5;
  const options = { heads, implementation: scope.attnImpl };
  const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => attention(q, k, v, scale, options);
  return (a, b) =>
    tf.concat([
      attend(queryA(a), keyA(a), valueB(b)),
      attend(queryB(b), keyB(b), valueA(a)),
    ], 2);
}
