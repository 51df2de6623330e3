/**
 * Encoder `distance_transformer`: a temporal convolution, then transformer blocks whose heads
 * attend by content and, beside it, by distance in time alone.
 *
 * Source: UR-DMU, Zhou et al., AAAI 2023, arXiv 2302.05160; henrryzh1/UR-DMU:translayer.py,
 * model.py (Temporal). BN-WVAD has the same file. Differs from the official code: nothing. Golden
 * values: tests/golden/ur_dmu, bn_wvad.
 *
 * Requires features [B, N, T, C], any T >= 1
 * Provides encoded [B, N, T, hidden]; embedding, attention_0, feedforward_0 [R, T, hidden], R = B N
 * rows,
 *          video by video: after the convolution, and what the first block adds
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Context, Scope, Slot } from "../contract/slot.ts";
import { dropoutOf, dropped } from "../nn/dropout.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { convLayer, linearLayer } from "../nn/torch_layers.ts";
import { dualBranchAttention } from "../ops/dual_branch_attention/op.ts";
import { gelu } from "../ops/gelu/op.ts";

const config = z.strictObject({
  hidden: z.int().positive().default(512).describe("channels of the encoded snippets"),
  layers: z.int().positive().default(2).describe("transformer blocks"),
  heads: z.int().positive().default(4).describe("attention heads"),
  head_dim: z.int().positive().default(128).describe("channels of each branch of a head"),
  ff_dim: z.int().positive().default(512).describe("inner width of the feed-forward part"),
  dropout: z.number().min(0).lt(1).default(0.5).describe(
    "dropout after the attention and twice in the feed-forward part; BN-WVAD has none",
  ),
});
type Config = z.infer<typeof config>;

type Layer = (x: tf.Tensor, context: Context) => tf.Tensor;

export const distanceTransformer: Slot<Config> = {
  name: "distance_transformer",
  summary: "convolution and transformer with a branch that attends by distance alone",
  source: "UR-DMU, Zhou et al., AAAI 2023; henrryzh1/UR-DMU:translayer.py",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded"],
  provides: ({ hidden }) => ({ encoded: `B N T ${hidden}` }),
  build(settings, scope, { C }) {
    const { hidden } = settings;
    const embed = convLayer(scope, "embedding.conv_1.0", C, hidden, 3, { activation: "relu" });
    const blocks = Array.from({ length: settings.layers }, (_, i) => ({
      attention: attention(scope, `selfatt.layers.${i}.0`, settings),
      feedForward: feedForward(scope, `selfatt.layers.${i}.1`, settings),
    }));

    return ({ features }, context) => {
      const [B, N, T] = features.shape;
      const embedding = embed(tf.reshape(features, [B * N!, T!, C])); // [R, T, hidden]
      const added: Record<string, tf.Tensor> = {};
      let x = embedding;
      for (const [i, { attention, feedForward }] of blocks.entries()) {
        context.onPart?.(i, blocks.length, "layer");
        const { output, ...parts } = tf.tidy(() => {
          const attended = attention(x, context);
          const joined = tf.add(attended, x);
          const fed = feedForward(joined, context);
          const output = tf.add(fed, joined);
          return i === 0 ? { output, attention_0: attended, feedforward_0: fed } : { output };
        });
        Object.assign(added, parts);
        x = output;
      }
      return { embedding, ...added, encoded: tf.reshape(x, [B, N!, T!, hidden]) };
    };
  },
};

/** Layer norm, attention of two branches, projection back: [R, T, hidden] -> [R, T, hidden]. */
function attention(
  scope: Scope,
  name: string,
  { hidden, heads, head_dim: headDim, dropout }: Config,
): Layer {
  const inner = heads * headDim;
  const normalise = layerNorm(scope, `${name}.norm`, hidden);
  const project = linearLayer(scope, `${name}.fn.to_qkv`, hidden, 4 * inner, { bias: false });
  const join = linearLayer(scope, `${name}.fn.to_out.0`, 2 * inner, hidden);
  const stream = scope.stream(`${name}.dropout`);
  return (x, context) => {
    const parts = project(normalise(x)); // [R, T, 4 inner]: queries, keys, values, distance values
    const branches = dualBranchAttention(parts, heads, scope.attnImpl); // [R, T, 2 inner]
    return join(branches, dropoutOf(context, dropout, stream));
  };
}

/** Layer norm and two dense layers with a GELU between: [R, T, hidden] -> [R, T, hidden]. */
function feedForward(
  scope: Scope,
  name: string,
  { hidden, ff_dim: inner, dropout }: Config,
): Layer {
  const normalise = layerNorm(scope, `${name}.norm`, hidden);
  const widen = linearLayer(scope, `${name}.fn.net.0`, hidden, inner);
  const narrow = linearLayer(scope, `${name}.fn.net.3`, inner, hidden);
  const [first, second] = [1, 2].map((i) => scope.stream(`${name}.dropout_${i}`));
  return (x, context) => {
    const active = dropped(gelu(widen(normalise(x))), dropout, first, context); // [R, T, inner]
    return narrow(active, dropoutOf(context, dropout, second));
  };
}
