/**
 * Branch `normality_guidance`: CLIP's text of the classes and a prompt of what is normal in the
 * batch tell frames apart, and so make the labels that the scores learn from. It runs in training
 * alone.
 *
 * Source: TPWNG, Yang et al., CVPR 2024, arXiv 2404.08531, eq. 3-6; no official code was released.
 * What the paper leaves open is a key. Golden values: tests/golden/tpwng.
 *
 * Requires features [B, N, T, C] that share a space with text, normal videos first; class_ids [B];
 * as many texts as
 *          the data has classes
 * Provides text_features [K, C] and normal_prompt [C], of length 1; the cosines similarity.normal
 * [B, T] with the
 *          normal prompt, similarity.text [B, T, K] with each class, similarity.own [B, T] with the
 *          video's own class;
 *          own_classes [B, K], 1 at that class; pseudo_scores [n, T] of the abnormal videos;
 *          pseudo_labels [B, T] of 0 and 1. In evaluation nothing
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { fault } from "../fault.ts";
import { sideOf } from "../contract/halves.ts";
import type { Scope, Slot, Values } from "../contract/slot.ts";
import { clipTextTower } from "../nn/clip_text_tower.ts";
import { xavierLayer } from "../nn/dense_chain.ts";
import { normalWith } from "../nn/initialisers.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { detach } from "../ops/kernel/detach.ts";
import { gelu } from "../ops/gelu/op.ts";
import { minMax } from "../ops/min_max/op.ts";
import { oneHot } from "../ops/kernel/one_hot.ts";
import { softmax } from "../ops/softmax/op.ts";
import { unitLength } from "../ops/unit_vector/op.ts";
import { readClipWeights } from "../text/clip_files.ts";
import { clipSettings } from "../text/clip_settings.ts";
import { contextPrompt } from "../text/prompts.ts";
import { tokenizerOf } from "../text/tokenizer.ts";

const config = z.strictObject({
  ...clipSettings,
  learned: z.int().min(0).default(8).describe("learned vectors before the class name"),
  context_std: z.number().min(0).default(0.02).describe(
    "deviation of the learned vectors at the start; open in the paper",
  ),
  pool: z.enum(["video", "batch"]).default("video").describe(
    "where the weights of the normal frames add up to 1: in each video, whose means are averaged, or in the batch; open in the paper",
  ),
  prompt_width: z.int().positive().nullable().default(null).describe(
    "inner width of the normal prompt's feed-forward part, null: the channels; open in the paper",
  ),
  prompt_unit: z.boolean().default(true).describe(
    "the normal prompt is scaled to length 1; open in the paper",
  ),
  true_class: z.enum(["label", "best"]).default("label").describe(
    "an abnormal video's own class: its label, or the most similar class; a class that has no text is taken as the most similar one; open in the paper",
  ),
  alpha: z.number().min(0).max(1).default(0.2).describe(
    "share of the normal prompt in the pseudo scores; the rest is that of the own class",
  ),
  theta: z.number().default(0.55).describe(
    "frames with a smaller pseudo score are labelled abnormal: 0.55 for UCF-Crime, 0.35 for XD-Violence",
  ),
  min_max: z.boolean().default(true).describe(
    "similarities and pseudo scores are stretched to 0..1 in each video; open in the paper",
  ),
});
type Config = z.infer<typeof config>;

export const normalityGuidance: Slot<Config> = {
  name: "normality_guidance",
  summary: "class texts and a prompt of normality label the frames of abnormal videos",
  source: "TPWNG, Yang et al., CVPR 2024, eq. 3-6",
  config,
  requires: { features: "B N T C : text_aligned", class_ids: "B", labels: "B L" },
  offers: [
    "text_features",
    "normal_prompt",
    "similarity.normal",
    "similarity.text",
    "similarity.own",
    "own_classes",
    "pseudo_scores",
    "pseudo_labels",
  ],
  provides({ classes: { length: K } }, { C, L }) {
    if (K !== L) {
      throw fault(
        RangeError,
        `branch "normality_guidance" has texts for ${K} classes, the data has ${L}; set runner.branch.classes to the names of the data's classes, Normal first`,
      );
    }
    return {
      text_features: `${K} ${C}`,
      normal_prompt: `${C}`,
      "similarity.normal": "B T",
      "similarity.text": `B T ${K}`,
      "similarity.own": "B T",
      own_classes: `B ${K}`,
      pseudo_scores: "n T",
      pseudo_labels: "B T",
    };
  },
  trainingOnly: { parameters: ["clip.", "ctx", "nvp_"] },
  readFiles: (settings) => readClipWeights(settings, "clip."),
  build(settings, scope, { C }) {
    const encodeText = classTexts(settings, scope, C);
    const enhance = normalPrompt(settings, scope, C);
    const { length: K } = settings.classes;

    return ({ features, class_ids: classIds }, context): Values => {
      if (context.mode === "eval" && !context.everything) return {};
      const text = unitLength(encodeText(context)); // [K, C]
      if (context.mode === "eval") return { text_features: text };
      const frames = unitLength(cropMean(features)); // [B, T, C]
      const [B, T] = frames.shape;
      const cosines = (to: tf.Tensor) => {
        const rows = tf.reshape(frames, [B * T!, C]) as tf.Tensor2D;
        return tf.reshape(tf.matMul(rows, to as tf.Tensor2D, false, true), [B, T!, -1]);
      };
      const toText = cosines(text); // [B, T, K]
      const prompt = enhance(tf.slice(text, [0, 0], [1, C]), frames, toText); // [1, C]
      const toNormal = tf.squeeze(cosines(prompt), [2]); // [B, T]
      const own = ownClasses(classIds, detach(toText), settings); // [B, K]
      const toOwn = tf.sum(tf.mul(toText, tf.reshape(own, [B, 1, K])), 2); // [B, T]
      const psi = pseudoScores(detach(toNormal), detach(toOwn), settings); // [n, T]
      const labels = tf.cast(tf.less(psi, settings.theta), "float32");
      return {
        text_features: text,
        normal_prompt: tf.reshape(prompt, [C]),
        "similarity.normal": toNormal,
        "similarity.text": toText,
        "similarity.own": toOwn,
        own_classes: own,
        pseudo_scores: psi,
        pseudo_labels: tf.concat([tf.zerosLike(labels), labels]),
      };
    };
  },
};

/** CLIP's text features of the classes in their learned context: [K, C], not yet of length 1. */
function classTexts(settings: Config, scope: Scope, C: number) {
  const tower = clipTextTower(scope, "clip.", settings, C, { trained: ["text_projection"] });
  const { context, width } = tower.sizes;
  const { learned, context_std: deviation } = settings;
  const ctx = learned > 0
    ? scope.parameter("ctx", [learned, width], normalWith(deviation))
    : undefined;
  const tokenizer = tokenizerOf(settings);
  return tower.encoder(
    settings.classes.map((name) => contextPrompt(tokenizer, name, { context, learned })),
    ctx,
  );
}

/**
 * The text of Normal [1, C] and what the normal frames that resemble it look like, as one prompt
 * [1, C].
 */
function normalPrompt(
  { pool, prompt_width: width, prompt_unit: unit }: Config,
  scope: Scope,
  C: number,
) {
  const widen = xavierLayer(scope, "nvp_fc1", 2 * C, width ?? C);
  const narrow = xavierLayer(scope, "nvp_fc2", width ?? C, C);
  return (normalText: tf.Tensor, frames: tf.Tensor, toText: tf.Tensor) => {
    const seen = sideOf(frames, "normal"); // [n, T, C]
    const [n, T] = seen.shape;
    const likeness = tf.slice(toText, [0, 0, 0], [n, T!, 1]);
    const weights = pool === "video"
      ? tf.div(softmax(tf.reshape(likeness, [n, T!])), n)
      : softmax(tf.reshape(likeness, [1, n * T!]));
    const visual = tf.matMul(
      tf.reshape(weights, [1, n * T!]) as tf.Tensor2D,
      tf.reshape(seen, [n * T!, C]) as tf.Tensor2D,
    ); // [1, C]
    const enhanced = narrow(gelu(widen(tf.concat([normalText, visual], 1))));
    const prompt = tf.add(enhanced, normalText);
    return unit ? unitLength(prompt) : prompt;
  };
}

/** A row of zeros with a 1 at each video's own class: [B, K]. Normal videos have class 0. */
function ownClasses(
  classIds: tf.Tensor,
  toText: tf.Tensor,
  { true_class: rule, classes: { length: K } }: Config,
): tf.Tensor {
  const [B, T] = toText.shape;
  const labels = oneHot(classIds, K); // [B, K], all zeros for a class that has no text
  const ofAnomalies = tf.max(tf.slice(toText, [0, 0, 1], [B, T!, K - 1]), 1); // [B, K - 1]
  const best = oneHot(tf.add(tf.argMax(ofAnomalies, 1), tf.scalar(1, "int32")), K); // [B, K]
  const told = rule === "label"
    ? tf.sum(labels, 1, true)
    : tf.concat([tf.ones([B / 2, 1]), tf.zeros([B / 2, 1])]); // [B, 1]
  return tf.add(tf.mul(labels, told), tf.mul(best, tf.sub(1, told)));
}

/** Small where a frame looks abnormal: of the abnormal videos, [n, T]. */
function pseudoScores(
  toNormal: tf.Tensor,
  toOwn: tf.Tensor,
  { alpha, min_max: stretched }: Config,
): tf.Tensor {
  const stretch = (x: tf.Tensor) => stretched ? minMax(x) : x;
  const normal = stretch(sideOf(toNormal, "abnormal"));
  const own = stretch(sideOf(toOwn, "abnormal"));
  return stretch(tf.add(tf.mul(alpha, normal), tf.mul(1 - alpha, tf.sub(1, own))));
}
