/**
 * Encoder `local_global_adapter`: attention within short windows, then graph convolutions over all
 * snippets, by likeness and by distance.
 *
 * Source: VadCLIP (LGT-Adapter), Wu et al., AAAI 2024, arXiv 2308.11681;
 * nwpu-zxr/VadCLIP:src/model.py (encode_video), src/layers.py. Differs from the official code:
 * nothing; each window is attended alone in place of a mask of minus infinity. Golden values:
 * tests/golden/vadclip.
 *
 * Padding takes part in its window, in the distance graph and in the convolutions past the graph
 * layers, as in the official code, so zero padding up to `length` is part of the numbers.
 *
 * Requires features [B, N, T, C], T = length; lengths [B]
 * Provides encoded [B, N, T, C], crop by crop
 *
 * @throws {RangeError} another T
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { fault } from "../fault.ts";
import type { Slot } from "../contract/slot.ts";
import { clipBlock } from "../nn/clip_block.ts";
import { graphLayer, type Neighbours } from "../nn/graph_layer.ts";
import { normalWith } from "../nn/initialisers.ts";
import { linearLayer } from "../nn/torch_layers.ts";
import { attention, type AttentionOptions } from "../ops/attention/op.ts";
import { distanceDecay } from "../ops/distance_decay/op.ts";
import { graphProduct } from "../ops/graph_product/op.ts";
import { quickGelu } from "../ops/quick_gelu/op.ts";
import { similarityGraph } from "../ops/similarity_graph/op.ts";

/** Channels of a head that our own attention kernel takes. */
const LARGEST_FUSED_HEAD = 256;

const config = z.strictObject({
  length: z.int().positive().default(256).describe(
    "snippets of a window; longer test videos are split, shorter ones padded with zeros",
  ),
  layers: z.int().min(0).default(2).describe("attention blocks"),
  heads: z.int().positive().default(1).describe("attention heads"),
  window: z.int().positive().default(8).describe(
    "snippets that attend to each other; a divisor of length. Official: 8 on UCF-Crime, 64 on XD-Violence",
  ),
  threshold: z.number().default(0.7).describe(
    "cosine that two snippets must exceed to count as alike",
  ),
}).refine(({ length, window }) => length % window === 0, {
  error: ({ input }) => {
    const { length, window } = input as { length: number; window: number };
    return `expected windows that fill ${length} snippets, found ${window}; set runner.encoder.window to a divisor`;
  },
});

export const localGlobalAdapter: Slot<z.infer<typeof config>> = {
  name: "local_global_adapter",
  summary: "attention within short windows, then graph convolutions by likeness and by distance",
  source: "VadCLIP, Wu et al., AAAI 2024; nwpu-zxr/VadCLIP:src/model.py, src/layers.py",
  config,
  requires: { features: "B N T C", lengths: "B" },
  offers: ["encoded"],
  provides({ heads }, { C }) {
    if (C % heads !== 0) {
      throw fault(
        RangeError,
        `encoder "local_global_adapter": ${heads} heads do not divide ${C} channels; set runner.encoder.heads`,
      );
    }
    return { encoded: `B N T ${C}` };
  },
  window: ({ length }) => ({ snippets: length, padded: true }),
  build({ length, layers, heads, window, threshold }, scope, { C }) {
    const half = C / 2;
    const positions = scope.parameter(
      "frame_position_embeddings.weight",
      [length, C],
      normalWith(0.01),
    );
    // The kernel's limit; tables of a window are small anyway.
    const implementation = C / heads > LARGEST_FUSED_HEAD ? "eager" : scope.attnImpl;
    const attend = windowed(window, { heads, implementation });
    const blocks = Array.from(
      { length: layers },
      (_, i) => clipBlock(scope, `temporal.resblocks.${i}`, { width: C, heads, attend }),
    );
    const [alike1, alike2, near1, near2] = ["gc1", "gc2", "gc3", "gc4"].map((name, i) =>
      graphLayer(scope, name, i % 2 === 0 ? C : half, half)
    );
    const join = linearLayer(scope, "linear", C, C);
    scope.unused("disAdj.sigma", { "": [1] });

    return ({ features, lengths }) => {
      const [B, N, T] = features.shape as [number, number, number];
      if (T !== length) {
        throw fault(
          RangeError,
          `Cannot encode ${T} snippets: the encoder local_global_adapter works on ${length}; set data.segments=${length} data.pad=true, or runner.encoder.length=${T}`,
        );
      }
      const perRow = tf.reshape(tf.tile(tf.expandDims(lengths, 1), [1, N]), [B * N]); // int32 [R]
      const placed = tf.add(tf.reshape(features, [B * N, T, C]), positions); // [R, T, C]
      const x = blocks.reduce((x, block) => block(x), placed);
      const graph = similarityGraph(x, perRow, threshold); // [R, T, T]
      const alike: Neighbours = (y, residual) => graphProduct(graph, y, residual);
      const near: Neighbours = (y, residual) => tf.add(distanceDecay(y, Math.E), residual);
      const u = quickGelu(alike2(quickGelu(alike1(x, alike)), alike)); // [R, T, C / 2]
      const v = quickGelu(near2(quickGelu(near1(x, near)), near)); // [R, T, C / 2]
      return { encoded: tf.reshape(join(tf.concat([u, v], 2)), [B, N, T, C]) };
    };
  },
};

/** Attention of [R, T, C] within windows, each a sequence of its own. */
function windowed(window: number, options: AttentionOptions) {
  return (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, scale: number): tf.Tensor => {
    const [R, T, C] = q.shape as [number, number, number];
    const split = (x: tf.Tensor) => tf.reshape(x, [R * T / window, window, C]);
    return tf.reshape(attention(split(q), split(k), split(v), scale, options), [R, T, C]);
  };
}
