/**
 * Encoder `glance_focus`: stages of blocks that first attend to the whole video (glance), then
 * convolve its neighbourhood with a few shared kernels (focus).
 *
 * Source: MGFN, Chen et al., AAAI 2023, arXiv 2211.15098, section 3;
 * carolchenyx/MGFN:models/mgfn.py.
 * Differs from the official code: nothing. Golden values: tests/golden/mgfn.
 *
 * Requires features [B, N, T, C], features.magnitude [B, N, T, 1], any T >= 1
 * Provides encoded [B, N, T, E], E the width of the last stage; and as [R, T, width], R = B N rows:
 * tokens,
 *          magnitude_tokens, stage_0, stage_1, ..., glance_0 and focus_0, the first of each before
 *          its residual
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Context, Scope, Slot, Values } from "../contract/slot.ts";
import { batchNorm } from "../nn/batch_norm.ts";
import { channelNorm } from "../nn/channel_norm.ts";
import { uniformWithin } from "../nn/initialisers.ts";
import { convLayer, pointwiseLayer } from "../nn/torch_layers.ts";
import { attention } from "../ops/attention/op.ts";
import { gelu } from "../ops/gelu/op.ts";
import { sharedConv } from "../ops/shared_conv/op.ts";

const stage = z.strictObject({
  mixer: z.enum(["glance", "focus"]).describe("how the blocks mix snippets"),
  width: z.int().positive().describe("channels, at least head_width"),
  blocks: z.int().positive().describe("blocks one after the other"),
});

const config = z.strictObject({
  stages: z.array(stage).min(1).default([
    { mixer: "glance", width: 64, blocks: 3 },
    { mixer: "focus", width: 128, blocks: 3 },
    { mixer: "focus", width: 1024, blocks: 2 },
  ]).describe("stages, each { mixer: glance|focus, width, blocks }"),
  head_width: z.int().positive().default(64).describe(
    "channels per head; a stage has floor(width / head_width) heads",
  ),
  feed_forward: z.int().positive().default(4).describe(
    "width of a block's feed-forward layer, in widths of its stage",
  ),
  kernel: z.int().positive().refine((size) => size % 2 === 1, "must be odd").default(5).describe(
    "snippets that a focus kernel sees, odd",
  ),
  magnitude_ratio: z.number().default(0.1).describe("factor of the magnitude's tokens"),
  bn_epsilon: z.number().positive().default(1e-5).describe("added to the batch variance of focus"),
  bn_momentum: z.number().gt(0).max(1).default(0.1).describe(
    "share of a batch's statistics in the running ones",
  ),
}).refine(
  ({ stages, head_width }) => stages.every(({ width }) => width >= head_width),
  { path: ["stages"], message: "every width must be at least head_width" },
);
type Config = z.infer<typeof config>;

/** x [R, T, width] -> [R, T, width]. */
type Layer = (x: tf.Tensor, context: Context) => tf.Tensor;

export const glanceFocus: Slot<Config> = {
  name: "glance_focus",
  summary: "attention over the video, then shared kernels over the neighbourhood",
  source: "MGFN, Chen et al., AAAI 2023; carolchenyx/MGFN:models/mgfn.py",
  config,
  requires: { features: "B N T C", "features.magnitude": "B N T 1" },
  offers: ["encoded"],
  provides: ({ stages }) => ({ encoded: `B N T ${stages.at(-1)!.width}` }),
  build(settings, scope, { C }) {
    const { stages, magnitude_ratio: ratio } = settings;
    const toTokens = convLayer(scope, "to_tokens", C, stages[0].width, 3);
    const toMagnitude = convLayer(scope, "to_mag", 1, stages[0].width, 3);
    const steps = stages.map(({ mixer, width, blocks }, s) => ({
      mixer,
      blocks: Array.from(
        { length: blocks },
        (_, l) => block(scope, `stages.${s}.0.layers.${l}`, mixer, width, settings),
      ),
      widen: s + 1 < stages.length
        ? transition(scope, `stages.${s}.1`, width, stages[s + 1].width)
        : undefined,
    }));

    return (values, context) => {
      const [B, N, T] = values.features.shape;
      const rows = (x: tf.Tensor) => tf.reshape(x, [B * N!, T!, x.shape[3]!]); // [R, T, channels]
      const tokens = toTokens(rows(values.features)); // [R, T, width 0]
      const magnitudeTokens = toMagnitude(rows(values["features.magnitude"]));
      const provided: Values = { tokens, magnitude_tokens: magnitudeTokens };
      let x: tf.Tensor = tf.add(tokens, tf.mul(magnitudeTokens, ratio));
      steps.forEach(({ mixer, blocks, widen }, s) => {
        for (const run of blocks) {
          const { mixed, output } = tf.tidy(() => run(x, context));
          provided[`${mixer}_0`] ??= mixed;
          x = output;
        }
        provided[`stage_${s}`] = x;
        if (widen) x = widen(x, context);
      });
      return { ...provided, encoded: tf.reshape(x, [B, N!, T!, -1]) };
    };
  },
};

/**
 * Convolution, mixer and feed-forward layer, each added to what went in. `mixed` is the mixer's own
 * output.
 */
function block(
  scope: Scope,
  name: string,
  mixer: "glance" | "focus",
  width: number,
  settings: Config,
): (x: tf.Tensor, context: Context) => { mixed: tf.Tensor; output: tf.Tensor } {
  const convolve = convLayer(scope, `${name}.0`, width, width, 3);
  const mix = (mixer === "glance" ? glance : focus)(scope, `${name}.1`, width, settings);
  const feedForward = feedForwardLayer(scope, `${name}.2`, width, settings.feed_forward);
  return (x, context) => {
    const local = tf.add(x, convolve(x));
    const mixed = mix(local, context);
    const joined = tf.add(local, mixed);
    return { mixed, output: tf.add(joined, feedForward(joined, context)) };
  };
}

/**
 * Attention of every snippet to all of its row. Channel = head x head_width + i: the head is the
 * slow index.
 */
function glance(scope: Scope, name: string, width: number, { head_width: E }: Config): Layer {
  const heads = Math.floor(width / E), inner = heads * E;
  const normalise = channelNorm(scope, `${name}.norm`, width);
  const project = pointwiseLayer(scope, `${name}.to_qkv`, width, 3 * inner, { bias: false });
  const out = pointwiseLayer(scope, `${name}.to_out`, inner, width);
  const options = { heads, implementation: scope.attnImpl };
  return (x, context) => {
    const [q, k, v] = tf.split(project(normalise(x, context)), 3, 2); // [R, T, inner]
    return out(attention(q, k, v, E ** -0.5, options));
  };
}

/**
 * Convolution over time with one kernel per head. Head = channel mod heads: here it is the fast
 * index.
 */
function focus(scope: Scope, name: string, width: number, settings: Config): Layer {
  const { head_width: E, kernel, bn_epsilon: epsilon, bn_momentum: momentum } = settings;
  const heads = Math.floor(width / E), inner = heads * E;
  const normalise = batchNorm(scope, `${name}.norm`, width, { epsilon, momentum });
  const project = pointwiseLayer(scope, `${name}.to_v`, width, inner, { bias: false });
  const start = uniformWithin(1 / Math.sqrt(kernel));
  const weight = scope.parameter(`${name}.rel_pos.weight`, [heads, 1, kernel], start);
  const bias = scope.parameter(`${name}.rel_pos.bias`, [heads], start);
  const out = pointwiseLayer(scope, `${name}.to_out`, inner, width);
  return (x, context) => {
    const v = project(normalise(x, context)); // [R, T, inner]
    return out(sharedConv(v, tf.reshape(weight, [heads, kernel]), bias));
  };
}

function feedForwardLayer(
  scope: Scope,
  name: string,
  width: number,
  repeat: number,
): Layer {
  const normalise = channelNorm(scope, `${name}.0`, width);
  const expand = pointwiseLayer(scope, `${name}.1`, width, repeat * width);
  const reduce = pointwiseLayer(scope, `${name}.4`, repeat * width, width);
  return (x, context) => reduce(gelu(expand(normalise(x, context))));
}

/** Channel norm and a 1x1 convolution to the next stage's width. */
function transition(
  scope: Scope,
  name: string,
  width: number,
  next: number,
): Layer {
  const normalise = channelNorm(scope, `${name}.0`, width);
  const widen = pointwiseLayer(scope, `${name}.1`, width, next);
  return (x, context) => widen(normalise(x, context));
}
