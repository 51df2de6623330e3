/**
 * Branch `adapted_alignment`: snippets, and what stands out of a video and what does not, are
 * compared with the text of every class, which small layers adapt between the blocks of a frozen
 * text tower.
 *
 * Source: DSANet, Yin et al., AAAI 2026, arXiv 2511.10334; lessiYin/DSANet. Differs: the official
 * code keeps the text of its first evaluation for all later ones; here it is that of the weights.
 * Golden values: tests/golden/dsanet.
 *
 * Requires features that share a space with text; encoded [B, N, T, C], score_logits [B, N, T, 1]
 * Provides class_logits [B, T, K], event_logits and background_logits [B, K], all averaged over
 * crops; text_features
 *          [K, C] of length 1; class_probabilities [B, T, K], in evaluation alone
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Scope, Slot, Values } from "../contract/slot.ts";
import { clipImageShapes } from "../nn/clip_image_shapes.ts";
import { clipTextTower } from "../nn/clip_text_tower.ts";
import { xavierUniform } from "../nn/initialisers.ts";
import { promptedClasses } from "../nn/prompted_classes.ts";
import { scoreWeights } from "../nn/score_weights.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { linear } from "../ops/linear/op.ts";
import { softmax } from "../ops/softmax/op.ts";
import { unitVector } from "../ops/unit_vector/op.ts";
import { readClipWeights } from "../text/clip_files.ts";
import { clipSettings } from "../text/clip_settings.ts";
import { plainPrompt } from "../text/prompts.ts";
import { tokenizerOf } from "../text/tokenizer.ts";

const config = z.strictObject({
  ...clipSettings,
  adapt_until: z.int().min(0).default(3).describe(
    "blocks of the tower behind which an adapter stands; official: 1 on XD-Violence",
  ),
  mix: z.number().min(0).max(1).default(0.1).describe(
    "share of the adapter in what goes on; official: 0.6 on XD-Violence",
  ),
  adapter_epsilon: z.number().min(0).default(1e-6).describe(
    "added to the length of what an adapter gives, which then has that of its input",
  ),
  slope: z.number().min(0).default(0.01).describe("of the adapters' leaky rectifier below 0"),
  temperature: z.number().positive().default(0.07).describe("divides the cosines"),
  expansion: z.int().positive().default(4).describe(
    "inner width of the feed-forward part of the text, by its width",
  ),
  softness: z.number().positive().default(10).describe(
    "a snippet of score s weighs exp(this s) - 1 in the event, exp(this (1 - s)) - 1 in the background",
  ),
  refine_temperature: z.number().positive().default(5).describe(
    "divides both logits of class_probabilities; official: 1 on XD-Violence",
  ),
});
type Config = z.infer<typeof config>;

/** Of the tower's keys in the official checkpoints, in which it also lies a second time. */
const PREFIX = "clipmodel.";
const WHO = 'branch "adapted_alignment"';
/** Added to the sum of the anomalous classes' probabilities. */
const EPSILON = 1e-12;

export const adaptedAlignment: Slot<Config> = {
  name: "adapted_alignment",
  summary:
    "snippets, event and background compared with the text of each class, adapted in its tower",
  source: "DSANet, Yin et al., AAAI 2026; lessiYin/DSANet",
  config,
  requires: {
    features: "B N T D : text_aligned",
    encoded: "B N T C",
    score_logits: "B N T 1",
  },
  offers: [
    "class_logits",
    "class_probabilities",
    "text_features",
    "event_logits",
    "background_logits",
  ],
  provides: ({ classes: { length: K } }, { C }) => ({
    class_logits: `B T ${K}`,
    class_probabilities: `B T ${K}`,
    text_features: `${K} ${C}`,
    event_logits: `B ${K}`,
    background_logits: `B ${K}`,
  }),
  readFiles: async (settings) =>
    (await readClipWeights(settings, PREFIX)).filter(({ name }) =>
      name !== `${PREFIX}text_projection`
    ),
  build(settings, scope, { C }) {
    const { temperature, expansion, softness } = settings;
    scope.unused(`${PREFIX}visual.`, clipImageShapes(C));
    scope.unused(`${PREFIX}logit_scale`, { "": [] });
    scope.unused(`${PREFIX}text_projection`, { "": [C, C] });
    scope.unused(`clip_adapter.${PREFIX}`, PREFIX);
    const text = adaptedText(settings, scope, C);
    const classify = promptedClasses(scope, { channels: C, expansion, temperature, who: WHO });
    return ({ encoded, score_logits: logits }, { mode, memo, zeroAt }): Values => {
      const [B, N, T] = encoded.shape as [number, number, number];
      const unit = (x: tf.Tensor, name: string) =>
        unitVector(x, { guard: scope.guardSqrt, what: `${WHO}: ${name} is`, zeroAt });
      const make = () => unit(text(), "the text of a class");
      const texts = mode === "eval" && memo ? memo.of(`${PREFIX}adapted`, make) : make(); // [K, C]
      const classLogits = classify(texts, encoded, logits, zeroAt); // [B, N, T, K]
      const video = tf.reshape(encoded, [B * N, T, C]);
      const scores = tf.sigmoid(tf.reshape(logits, [B * N, T]));
      const pooledLogits = (curve: tf.Tensor, name: string) => {
        const weights = tf.expandDims(scoreWeights(curve, softness), 1); // [B N, 1, T]
        const pooled = tf.reshape(tf.matMul(weights, video), [B * N, C]) as tf.Tensor2D;
        const cosines = tf.matMul(
          unit(pooled, name) as tf.Tensor2D,
          texts as tf.Tensor2D,
          false,
          true,
        );
        return tf.mean(tf.reshape(tf.div(cosines, temperature), [B, N, -1]), 1); // [B, K]
      };
      return {
        text_features: texts,
        class_logits: tf.mean(classLogits, 1),
        event_logits: pooledLogits(scores, "the event of a video"),
        background_logits: pooledLogits(tf.sub(1, scores), "the background of a video"),
        ...(mode === "eval"
          ? { class_probabilities: tf.mean(refined(logits, classLogits, settings), 1) }
          : {}),
      };
    };
  },
};

/**
 * Normal by the score alone, the other classes by its rest: logits [..., 1] and [..., K] ->
 * [..., K].
 */
function refined(
  logits: tf.Tensor,
  classLogits: tf.Tensor,
  { refine_temperature: temperature }: Config,
): tf.Tensor {
  const anomalous = tf.sigmoid(tf.div(logits, temperature)); // [B, N, T, 1]
  const shares = softmax(tf.div(classLogits, temperature));
  const [B, N, T, K] = shares.shape as [number, number, number, number];
  const others = tf.slice(shares, [0, 0, 0, 1], [B, N, T, K - 1]);
  const sum = tf.add(tf.sum(others, 3, true), EPSILON);
  return tf.concat([tf.sub(1, anomalous), tf.div(tf.mul(anomalous, others), sum)], 3);
}

/** The adapted text of every class, not of length 1: [K, C]. */
function adaptedText(settings: Config, scope: Scope, C: number): () => tf.Tensor {
  const tower = clipTextTower(scope, PREFIX, settings, C, { projection: false });
  const { width, context } = tower.sizes;
  const { adapt_until: until, mix, slope, adapter_epsilon: epsilon } = settings;
  const adapter = (i: number, outputs: number) =>
    scope.parameter(`clip_adapter.text_adapter.${i}.fc.0.weight`, [outputs, width], xavierUniform);
  const adapters = Array.from({ length: until }, (_, i) => adapter(i, width));
  const last = adapter(until, C);
  const leaky = (x: tf.Tensor) => tf.mul(x, tf.add(slope, tf.mul(1 - slope, tf.step(x))));
  const length = (x: tf.Tensor) => tf.expandDims(l2Norm(x), -1);
  const tokenizer = tokenizerOf(settings);
  const rows = settings.classes.map((name) => plainPrompt(tokenizer, name, context));
  return () => {
    const read = tower.read(rows, (x, i) => {
      if (i >= until) return x;
      const adapted = leaky(linear(x, adapters[i])); // [K, T, width]
      const rescaled = tf.div(tf.mul(adapted, length(x)), tf.add(length(adapted), epsilon));
      return tf.add(tf.mul(rescaled, mix), tf.mul(x, 1 - mix));
    });
    return leaky(linear(read, last)); // [K, C]
  };
}
