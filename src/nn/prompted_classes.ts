/**
 * Logits of classes whose texts have seen the video: each is refined with what the scores pick out
 * of it.
 *
 * Source: VadCLIP, Wu et al., AAAI 2024; nwpu-zxr/VadCLIP:src/model.py (forward, mlp1).
 */

import * as tf from "@tensorflow/tfjs";
import type { Scope, ZeroAt } from "../contract/slot.ts";
import { unitVector } from "../ops/unit_vector/op.ts";
import { quickGeluMlp } from "./quick_gelu_mlp.ts";

export interface PromptedClassesOptions {
  /** Channels of snippets and texts. */
  channels: number;
  /** Inner width of the feed-forward part by that of a text. */
  expansion: number;
  /** Divides the cosines. */
  temperature: number;
  /** Named where a length is 0: `branch "prompt_alignment"`. */
  who: string;
}

/**
 * Parameters `mlp1.c_fc`, `mlp1.c_proj`.
 *
 * @returns text [K, C], encoded [B, N, T, C], logits of the scores [B, N, T, 1] -> [B, N, T, K]
 */
export function promptedClasses(
  scope: Scope,
  { channels: C, expansion, temperature, who }: PromptedClassesOptions,
): (text: tf.Tensor, encoded: tf.Tensor, scores: tf.Tensor, zeroAt?: ZeroAt) => tf.Tensor {
  const refine = quickGeluMlp(scope, "mlp1", C, expansion * C);
  return (text, encoded, scores, zeroAt) => {
    const [B, N, T] = encoded.shape as [number, number, number];
    const video = tf.reshape(encoded, [B * N, T, C]);
    const weights = tf.reshape(scores, [B * N, T, 1]);
    const unit = (x: tf.Tensor, name: string) =>
      unitVector(x, { guard: scope.guardSqrt, what: `${who}: ${name} is`, zeroAt });
    // All snippets prompt the text, padding too: [B N, 1, C].
    const seen = unit(tf.matMul(weights, video, true), "the visual prompt");
    const prompted = tf.add(text, seen); // [B N, K, C]
    const refined = unit(tf.add(prompted, refine(prompted)), "the prompted text of a class");
    const cosines = tf.matMul(unit(video, "a snippet"), refined, false, true);
    return tf.reshape(tf.div(cosines, temperature), [B, N, T, -1]);
  };
}
