/**
 * Encoder `context_aggregation`: attention over the whole video and attention over a snippet's
 * neighbours, both with a learned prior of the distance, mixed; then two dense layers.
 *
 * Source: PEL4VAD, Pu et al., IEEE TIP 2024, arXiv 2306.14451; yujiangpu20/PEL4VAD (temporal
 * context aggregation).
 * Differs from the official code: nothing; the two maps are never tables that are kept. Golden
 * values: tests/golden/pel4vad.
 *
 * Padding takes part, as in the official code, in both attentions and in the norm over time, so how
 * far a batch is padded is part of the numbers.
 *
 * Requires features [B, N, T, C], any T >= 1
 * Provides encoded [B, N, T, out]; snippet_embedding [B, N, T, C / 2]; mixed [R, T, hidden], what
 * the projection is
 *          given, and context [R, T, C], what it gives, R rows
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Scope, Slot } from "../contract/slot.ts";
import { dropped } from "../nn/dropout.ts";
import { constantOf, uniformWithin, xavierUniform, zeros } from "../nn/initialisers.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { attention } from "../ops/attention/op.ts";
import { gelu } from "../ops/gelu/op.ts";
import { linear } from "../ops/linear/op.ts";
import { signedRoot } from "../ops/signed_root/op.ts";
import { unitLength } from "../ops/unit_vector/op.ts";

const config = z.strictObject({
  hidden: z.int().positive().default(128).describe("channels of queries, keys and values"),
  out: z.int().positive().default(300).describe("channels of an encoded snippet"),
  window: z.int().positive().default(9).describe(
    "snippets that the local attention sees, half of them on each side; official: 5 on ShanghaiTech",
  ),
  prior_w: z.number().default(0.6).describe(
    "start of w in the prior exp(-|w d^2 - b|) of distance d",
  ),
  prior_b: z.number().default(0.2).describe("start of b in the prior"),
  power_norm: z.boolean().default(true).describe(
    "signed root of what was attended, then each channel to length 1 over time; official: not on XD-Violence",
  ),
  dropout: z.number().min(0).lt(1).default(0.1).describe("dropout after each of the dense layers"),
  ln_epsilon: z.number().positive().default(1e-5).describe("added to the variance of the channels"),
});
type Config = z.infer<typeof config>;

/**
 * Entries of the tables of the prior above which they are made for some queries at a time: those of
 * a video of 2048 snippets. Tests set it low.
 */
export const priorLimit = { entries: 1 << 22 };

/** Added to the logits outside the window, as in the official code: no weight is left there. */
const OUTSIDE = -1e9;

export const contextAggregation: Slot<Config> = {
  name: "context_aggregation",
  summary: "attention over the video and over neighbours, mixed, with a learned prior of distance",
  source: "PEL4VAD, Pu et al., IEEE TIP 2024; yujiangpu20/PEL4VAD",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded", "snippet_embedding"],
  provides: ({ out }, { C }) => ({
    encoded: `B N T ${out}`,
    snippet_embedding: `B N T ${Math.floor(C / 2)}`,
  }),
  build(settings, scope, { C }) {
    const half = Math.floor(C / 2), { dropout, ln_epsilon: epsilon } = settings;
    const aggregate = aggregation(scope, C, settings);
    const normalise = layerNorm(scope, "self_attention.norm", C, epsilon);
    const narrow = pointwise(scope, "self_attention.linear1", C, half);
    const embed = pointwise(scope, "self_attention.linear2", half, settings.out);
    const [first, second] = ["dropout_1", "dropout_2"].map((name) => scope.stream(name));
    return ({ features }, context) => {
      const [B, N, T] = features.shape as [number, number, number];
      const x = tf.reshape(features, [B * N, T, C]); // [R, T, C]
      const { mixed, projected } = aggregate(x);
      const y = normalise(tf.add(x, projected));
      const embedding = dropped(gelu(narrow(y)), dropout, first, context); // [R, T, C / 2]
      const encoded = dropped(gelu(embed(embedding)), dropout, second, context); // [R, T, out]
      const byCrop = (rows: tf.Tensor) => tf.reshape(rows, [B, N, T, -1]);
      return {
        mixed,
        context: projected,
        snippet_embedding: byCrop(embedding),
        encoded: byCrop(encoded),
      };
    };
  },
};

/** The official layers' start: weights as Xavier's, biases uniform in +-1/sqrt(inputs). */
function parameters(scope: Scope, name: string, shape: [number, number, ...number[]]) {
  return {
    weight: scope.parameter(`${name}.weight`, shape, xavierUniform),
    bias: scope.parameter(`${name}.bias`, [shape[0]], uniformWithin(1 / Math.sqrt(shape[1]))),
  };
}

/** A convolution of one tap, x [..., inputs] -> [..., outputs]. */
function pointwise(scope: Scope, name: string, inputs: number, outputs: number) {
  const { weight, bias } = parameters(scope, name, [outputs, inputs, 1]);
  return (x: tf.Tensor) => linear(x, tf.reshape(weight, [outputs, inputs]), bias);
}

/**
 * Both attentions, mixed and projected back: x [R, T, C] -> mixed [R, T, hidden], projected
 * [R, T, C].
 */
function aggregation(
  scope: Scope,
  C: number,
  { hidden, window, prior_w, prior_b, power_norm: powerNorm }: Config,
) {
  const name = "self_attention.self_attn";
  const alpha = scope.parameter(`${name}.alpha`, [], zeros);
  const [query, key, value] = ["q", "k", "v"].map((part) => {
    const { weight, bias } = parameters(scope, `${name}.${part}`, [hidden, C]);
    return (x: tf.Tensor) => linear(x, weight, bias);
  });
  const out = parameters(scope, `${name}.o`, [C, hidden]);
  const w = scope.parameter("self_attention.loc_adj.w", [1], constantOf(prior_w));
  const b = scope.parameter("self_attention.loc_adj.b", [1], constantOf(prior_b));
  const reach = Math.floor(window / 2);
  return (x: tf.Tensor) => {
    const [q, k, v] = [query(x), key(x), value(x)];
    const share = tf.sigmoid(alpha);
    const T = x.shape[1]!, together = Math.max(1, Math.floor(priorLimit.entries / T));
    const parts: tf.Tensor[] = [];
    for (let start = 0; start < T; start += together) {
      const end = Math.min(T, start + together);
      parts.push(tf.tidy(() => mixedOf({ q, k, v }, [start, end])));
    }
    const sum = parts.length === 1 ? parts[0] : tf.concat(parts, 1); // [R, T, hidden]

    /** What queries [start, end) see of the whole video and of their neighbours, mixed. */
    function mixedOf({ q, k, v }: Attended, [start, end]: [number, number]): tf.Tensor {
      const queries = stretchOf(q, start, end);
      const distance = tf.sub(
        tf.reshape(tf.range(start, end), [end - start, 1]),
        tf.range(0, T),
      ); // [queries, T]
      const prior = distancePrior(tf.square(distance), w, b);
      // A key outside of its window has no weight: those outside of every window are left out.
      const low = Math.max(0, start - reach), high = Math.min(T, end + reach);
      const [nearDistance, near] = [distance, prior].map((x) => stretchOf(x, low, high));
      const outside = tf.fill(near.shape, OUTSIDE);
      const nearPrior = tf.where(tf.lessEqual(tf.abs(nearDistance), reach), near, outside);
      const attend = (bias: tf.Tensor, from: number, to: number) =>
        attention(queries, stretchOf(k, from, to), stretchOf(v, from, to), hidden ** -0.5, {
          bias: tf.expandDims(bias, 0),
          implementation: scope.attnImpl,
        });
      return tf.add(
        tf.mul(share, attend(prior, 0, T)),
        tf.mul(tf.sub(1, share), attend(nearPrior, low, high)),
      );
    }
    const mixed = powerNorm ? unitOverTime(signedRoot(sum)) : sum;
    return { mixed, projected: linear(mixed, out.weight, out.bias) };
  };
}

interface Attended {
  q: tf.Tensor;
  k: tf.Tensor;
  v: tf.Tensor;
}

/** Places [start, end) along the second axis of x. */
function stretchOf(x: tf.Tensor, start: number, end: number): tf.Tensor {
  const [first, size, ...rest] = x.shape;
  if (start === 0 && end === size) return x;
  return tf.slice(x, [0, start, ...rest.map(() => 0)], [first, end - start, ...rest]);
}

/** exp(-|w d^2 - b|), [queries, T]; the gradient of the absolute value is 0 at 0, as PyTorch's. */
function distancePrior(squares: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const difference = tf.sub(tf.mul(w, squares), b);
  return tf.exp(tf.neg(tf.add(tf.relu(difference), tf.relu(tf.neg(difference)))));
}

/** Every channel of every row to length 1 over time: x [R, T, C] -> [R, T, C]. */
function unitOverTime(x: tf.Tensor): tf.Tensor {
  return tf.transpose(unitLength(tf.transpose(x, [0, 2, 1])), [0, 2, 1]);
}
