/**
 * Branch `normality_refiner`: prototypes gather what the snippets of lowest score look like, and
 * snippets are made again from them: what normality cannot make is anomalous. For losses alone;
 * scores do without it.
 *
 * Source: DSANet, Yin et al., AAAI 2026, arXiv 2511.10334; lessiYin/DSANet (SGNM). Differs from the
 * official code: nothing. Golden values: tests/golden/dsanet.
 *
 * Requires encoded [B, N, T, C], score_logits [B, N, T, 1]; padding is among the snippets chosen
 * Provides reconstructed [B, N, T, C]; normal_distance [B, N, S], 1 - cosine of the S chosen
 * snippets with the nearest
 *          prototype
 *
 * @throws {RangeError} heads that do not divide the channels
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { fault } from "../fault.ts";
import type { Initialiser, Scope, Slot, Values } from "../contract/slot.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { normalWith, ones, truncatedNormal, zeros } from "../nn/initialisers.ts";
import { quickGeluMlp } from "../nn/quick_gelu_mlp.ts";
import { attention } from "../ops/attention/op.ts";
import { cosineWithRows } from "../ops/cosine/op.ts";
import { gelu } from "../ops/gelu/op.ts";
import { detach } from "../ops/kernel/detach.ts";
import { linear } from "../ops/linear/op.ts";
import { gatherScores, gatherSnippets, topKIndices } from "../ops/top_k/op.ts";
import { unitLength } from "../ops/unit_vector/op.ts";

const config = z.strictObject({
  prototypes: z.int().positive().default(16).describe("learned prototypes of normality"),
  heads: z.int().positive().default(8).describe("attention heads"),
  depth: z.int().positive().default(8).describe("blocks that make snippets from the prototypes"),
  ratio: z.number().gt(0).max(1).default(0.8).describe(
    "share of all snippets of a window that count as normal: those of lowest score",
  ),
  expansion: z.int().positive().default(4).describe("inner width of the feed-forward parts"),
  ln_epsilon: z.number().positive().default(1e-8).describe("added to the variance of the channels"),
});
type Config = z.infer<typeof config>;

const PREFIX = "video_anomaly_refiner.";
/** Of every linear layer: standard deviation 0.01, cut at three of them. */
const start = truncatedNormal(0.01, 0.03);

export const normalityRefiner: Slot<Config> = {
  name: "normality_refiner",
  summary:
    "prototypes of normality gather the snippets of lowest score, and make all snippets again",
  source: "DSANet, Yin et al., AAAI 2026; lessiYin/DSANet",
  config,
  requires: { encoded: "B N T C", score_logits: "B N T 1" },
  offers: ["reconstructed", "normal_distance"],
  provides({ heads }, { C }) {
    if (C % heads !== 0) {
      throw fault(
        RangeError,
        `branch "normality_refiner": ${heads} heads do not divide ${C} channels; set its heads`,
      );
    }
    return { reconstructed: `B N T ${C}`, normal_distance: "B N S" };
  },
  trainingOnly: { parameters: [PREFIX] },
  build(settings, scope, { C }) {
    const { prototypes: count, depth, ratio, expansion } = settings;
    const prototypes = scope.parameter(`${PREFIX}video_prototypes`, [count, C], normalWith(1));
    const gather = block(scope, `${PREFIX}dnp_extractor.0`, C, settings, softAttention);
    const narrow = quickGeluMlp(scope, `${PREFIX}bottleneck`, C, expansion * C, {
      weight: start,
      bias: zeros,
    });
    const decoder = Array.from(
      { length: depth },
      (_, i) => block(scope, `${PREFIX}decoder.${i}`, C, settings, rectifiedAttention),
    );
    return ({ encoded, score_logits: logits }, context): Values => {
      if (context.mode === "eval" && !context.everything) return {};
      const [B, N, T] = encoded.shape as [number, number, number];
      const R = B * N, video = tf.reshape(encoded, [R, T, C]);
      const chosen = Math.floor(ratio * T);
      const normal = detach(lowest(video, tf.reshape(logits, [R, T]), chosen)); // [R, S, C]
      const start = tf.tile(tf.expandDims(prototypes, 0), [R, 1, 1]);
      const attended = tf.add(start, gather.attend(start, normal));
      const p = tf.add(attended, gather.feed(attended)); // [R, prototypes, C]
      let z = narrow(video);
      for (const { attend, feed } of decoder) {
        z = attend(z, p); // without a residual
        z = tf.add(z, feed(z));
      }
      return {
        reconstructed: tf.reshape(z, [B, N, T, C]),
        normal_distance: tf.reshape(nearest(normal, p), [B, N, chosen]),
      };
    };
  },
};

/** The snippets of lowest score: x [R, T, C], logits [R, T] -> [R, count, C]. */
function lowest(x: tf.Tensor, logits: tf.Tensor, count: number): tf.Tensor {
  const [R, T, C] = x.shape as [number, number, number];
  const index = topKIndices(tf.neg(tf.sigmoid(logits)), count); // [R, count]
  return tf.reshape(gatherSnippets(tf.reshape(x, [R, 1, T, C]), index), [R, count, C]);
}

/**
 * 1 - the largest cosine with a prototype, the first of equal ones: x [R, S, C], p [R, P, C] ->
 * [R, S].
 */
function nearest(x: tf.Tensor, p: tf.Tensor): tf.Tensor {
  const [R, S] = x.shape as [number, number];
  const cosines = tf.reshape(cosineWithRows(x, p), [R * S, p.shape[1]!]);
  const best = gatherScores(cosines, topKIndices(cosines, 1)); // [R S, 1]
  return tf.reshape(tf.sub(1, best), [R, S]);
}

/** How queries [R, Q, C] take values of keys [R, S, C], already projected, heads side by side. */
type Attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.Tensor;

/** Makes an {@link Attend} with what it learns below `name`. */
type MakeAttend = (scope: Scope, name: string, heads: number, C: number) => Attend;

const softAttention: MakeAttend = (scope, _, heads, C) => (q, k, v) =>
  attention(q, k, v, (C / heads) ** -0.5, {
    heads,
    // The kernel's limit; the table is small.
    implementation: C / heads > 256 ? "eager" : scope.attnImpl,
  });

/** Weights are rectified cosines times a factor of each head, not normalised. */
const rectifiedAttention: MakeAttend = (scope, name, heads, C) => {
  const factor = scope.parameter(`${name}.learn_scale`, [heads, 1, 1], ones);
  const E = C / heads;
  return (q, k, v) => {
    const [R, Q] = q.shape as [number, number], S = k.shape[1]!;
    const byHead = (x: tf.Tensor, length: number) =>
      tf.reshape(
        tf.transpose(tf.reshape(x, [R, length, heads, E]), [0, 2, 1, 3]),
        [R * heads, length, E],
      );
    const cosines = tf.matMul(unitLength(byHead(q, Q)), unitLength(byHead(k, S)), false, true);
    const scaled = tf.mul(tf.reshape(cosines, [R, heads, Q, S]), factor);
    const weights = tf.reshape(tf.relu(scaled), [R * heads, Q, S]);
    const taken = tf.reshape(tf.matMul(weights, byHead(v, S)), [R, heads, Q, E]);
    return tf.reshape(tf.transpose(taken, [0, 2, 1, 3]), [R, Q, C]);
  };
};

/**
 * Attention of x to y, normalised by the same layer, and the feed-forward part of what comes of it.
 */
function block(
  scope: Scope,
  name: string,
  C: number,
  { heads, expansion, ln_epsilon: epsilon }: Config,
  make: MakeAttend,
) {
  const norm1 = layerNorm(scope, `${name}.norm1`, C, epsilon);
  const attendBetween = make(scope, `${name}.attn`, heads, C);
  const query = dense(scope, `${name}.attn.q`, C, C);
  const keyValue = dense(scope, `${name}.attn.kv`, C, 2 * C);
  const project = dense(scope, `${name}.attn.proj`, C, C);
  const norm2 = layerNorm(scope, `${name}.norm2`, C, epsilon);
  const widen = dense(scope, `${name}.mlp.fc1`, C, expansion * C);
  const narrow = dense(scope, `${name}.mlp.fc2`, expansion * C, C);
  return {
    attend(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
      const [k, v] = tf.split(keyValue(norm1(y)), 2, -1);
      return project(attendBetween(query(norm1(x)), k, v));
    },
    feed: (x: tf.Tensor): tf.Tensor => narrow(gelu(widen(norm2(x)))),
  };
}

function dense(scope: Scope, name: string, inputs: number, outputs: number) {
  const initial: Initialiser = start;
  const weight = scope.parameter(`${name}.weight`, [outputs, inputs], initial);
  const bias = scope.parameter(`${name}.bias`, [outputs], zeros);
  return (x: tf.Tensor) => linear(x, weight, bias);
}
