/**
 * Encoder `adaptive_span`: a transformer whose every head learns for each frame how far back it
 * looks.
 *
 * Source: TPWNG, Yang et al., CVPR 2024, arXiv 2404.08531, eq. 7-9 (temporal context self-adaptive
 * learning); no official code was released. What the paper leaves open is a key. Golden values:
 * tests/golden/tpwng.
 *
 * Requires features [B, N, T, C], any T >= 1; every frame is scaled to length 1
 * Provides encoded [B, 1, T, C], or [B, N, T, C] with crops: each; layer_0 [R, T, C], R rows, after
 * the first layer
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { fault } from "../fault.ts";
import type { Context, Scope, Slot } from "../contract/slot.ts";
import { xavierLayer } from "../nn/dense_chain.ts";
import { normalWith, zeros } from "../nn/initialisers.ts";
import { dropoutOf, dropped } from "../nn/dropout.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { gelu } from "../ops/gelu/op.ts";
import { spanAttention } from "../ops/span_attention/op.ts";
import { unitLength } from "../ops/unit_vector/op.ts";

const config = z.strictObject({
  layers: z.int().positive().default(4).describe("transformer layers"),
  heads: z.int().positive().default(4).describe("attention heads; divides the channels"),
  inner: z.int().positive().default(2048).describe("width of the feed-forward part"),
  ramp: z.number().positive().default(256).describe(
    "R: frames beyond its span over which a key's weight falls to 0",
  ),
  causal: z.boolean().default(true).describe(
    "true: a frame sees itself and those before it; false: both sides",
  ),
  span: z.enum(["query", "head"]).default("query").describe(
    "what has a span of its own: every frame and head, or every head; open in the paper",
  ),
  crops: z.enum(["mean", "each"]).default("mean").describe(
    "mean: crops are averaged before the model; each: crops apart, their scores averaged; open in the paper",
  ),
  projection: z.boolean().default(false).describe(
    "a linear layer before the first transformer layer; open in the paper",
  ),
  window: z.int().positive().nullable().default(256).describe(
    "frames of a test video that are scored together, the rest in a shorter window; null: all of it",
  ),
  positions: z.int().min(0).default(0).describe(
    "frames with a learned position embedding, 0: none; a longer window is refused; open in the paper",
  ),
  dropout: z.number().min(0).lt(1).default(0).describe(
    "dropout after the attention and inside the feed-forward part; open in the paper",
  ),
  ln_epsilon: z.number().positive().default(1e-5).describe("added to the variance of the channels"),
});
type Config = z.infer<typeof config>;

type Layer = (x: tf.Tensor, context: Context) => tf.Tensor;

export const adaptiveSpan: Slot<Config> = {
  name: "adaptive_span",
  summary: "transformer whose heads learn for each frame how far back they look",
  source: "TPWNG, Yang et al., CVPR 2024, eq. 7-9",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded"],
  mixesCrops: true,
  averagesCrops: ({ crops }) => crops === "mean",
  window: ({ window: snippets }) => snippets === null ? null : { snippets, padded: false },
  provides({ crops, heads }, { C }) {
    if (C % heads !== 0) {
      throw fault(
        RangeError,
        `encoder "adaptive_span": ${heads} heads do not divide ${C} channels; set runner.encoder.heads`,
      );
    }
    return { encoded: crops === "mean" ? `B 1 T ${C}` : `B N T ${C}` };
  },
  build(settings, scope, { C }) {
    const project = settings.projection ? xavierLayer(scope, "projection", C, C) : undefined;
    const position = settings.positions > 0
      ? scope.parameter("position", [settings.positions, C], normalWith(0.02))
      : undefined;
    const layers = Array.from({ length: settings.layers }, (_, i) => ({
      attend: attention(scope, `layers.${i}`, C, settings),
      feed: feedForward(scope, `layers.${i}`, C, settings),
    }));

    return ({ features }, context) => {
      const [B, N, T] = features.shape;
      const rows = settings.crops === "mean"
        ? cropMean(features)
        : tf.reshape(features, [B * N!, T!, C]);
      let x = unitLength(rows); // [R, T, C]
      if (project) x = project(x);
      if (position) x = tf.add(x, firstPositions(position, T!));
      const first: Record<string, tf.Tensor> = {};
      for (const [i, { attend, feed }] of layers.entries()) {
        x = tf.add(x, attend(x, context));
        x = tf.add(x, feed(x, context));
        if (i === 0) first.layer_0 = x;
      }
      return { ...first, encoded: tf.reshape(x, [B, -1, T!, C]) };
    };
  },
};

/** Layer norm, attention with learned spans, projection back: [R, T, C] -> [R, T, C]. */
function attention(
  scope: Scope,
  name: string,
  C: number,
  { heads, ramp, causal, span, dropout, ln_epsilon: epsilon }: Config,
): Layer {
  const normalise = layerNorm(scope, `${name}.ln1`, C, epsilon);
  const [query, key, value] = ["q", "k", "v"].map((part) =>
    xavierLayer(scope, `${name}.attn.${part}`, C, C)
  );
  const join = xavierLayer(scope, `${name}.attn.o`, C, C);
  const reach = span === "query"
    ? xavierLayer(scope, `${name}.attn.span`, C, heads)
    : headSpans(scope, `${name}.attn.span`, heads);
  const stream = scope.stream(`${name}.attn.dropout`);
  const settings = { heads, scale: (C / heads) ** -0.5, ramp, causal };
  return (x, context) => {
    const y = normalise(x);
    const spans = tf.mul(tf.sigmoid(reach(y)), y.shape[1]!); // [R, T, heads], frames
    const seen = spanAttention(query(y), key(y), value(y), spans, settings);
    return join(seen, dropoutOf(context, dropout, stream));
  };
}

/** A span for each head, whatever the frame: y [R, T, C] -> [R, T, heads]. */
function headSpans(scope: Scope, name: string, heads: number): (y: tf.Tensor) => tf.Tensor {
  const bias = scope.parameter(`${name}.bias`, [heads], zeros);
  return (y) => tf.add(tf.zeros([y.shape[0], y.shape[1]!, heads]), bias);
}

/** Layer norm and two dense layers with a GELU between: [R, T, C] -> [R, T, C]. */
function feedForward(
  scope: Scope,
  name: string,
  C: number,
  { inner, dropout, ln_epsilon: epsilon }: Config,
): Layer {
  const normalise = layerNorm(scope, `${name}.ln2`, C, epsilon);
  const widen = xavierLayer(scope, `${name}.fc1`, C, inner);
  const narrow = xavierLayer(scope, `${name}.fc2`, inner, C);
  const stream = scope.stream(`${name}.fc1.dropout`);
  return (x, context) => narrow(dropped(gelu(widen(normalise(x))), dropout, stream, context));
}

/** The first T of the learned positions: [n, C] -> [T, C]. */
function firstPositions(position: tf.Tensor, T: number): tf.Tensor {
  const [known, C] = position.shape;
  if (T > known) {
    throw fault(
      RangeError,
      `Cannot encode ${T} frames with ${known} learned positions; set runner.encoder.positions, or shorter windows`,
    );
  }
  return tf.slice(position, [0, 0], [T, C!]);
}
