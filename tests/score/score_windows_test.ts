import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { scoreVideo } from "../../src/score/score_video.ts";
import { ScoringMemo } from "../../src/score/scoring_memo.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { batchOf, withModel } from "../support/small_model.ts";

const W = 8, D = 8;

const config: ModelConfig = {
  features: { dim: D, text_aligned: true },
  encoder: { name: "local_global_adapter", length: W, window: 4, layers: 1 },
  head: { name: "residual_classifier" },
  branch: { name: "prompt_alignment", clip: "built_in" },
  loss: [{ name: "valid_topk_bce", weight: 1 }],
};

onCpu("scoreVideo() puts the windows of a long video together and cuts them to its length", () => {
  withModel(config, (model, context) => {
    using memo = new ScoringMemo();
    const { random } = context("eval");
    for (const T of [3, W, 2 * W + 3]) {
      const whole = randomTensor([1, 1, T, D], T);
      const values = Float32Array.from(whole.dataSync());
      const video = { crops: 1, snippets: T, dim: D, values, length: T };
      const { scores, probabilities } = scoreVideo(model, video, random, { memo, replays: null });
      assertEquals(scores.shape, [T]);
      assertEquals(probabilities!.shape, [T, 14]);
      const last = T % W || W, start = T - last; // the last window that has snippets
      const valid = tf.slice(whole, [0, 0, start, 0], [1, 1, last, D]);
      const padded = tf.pad(valid, [[0, 0], [0, 0], [0, W - last], [0, 0]]);
      const batch = { ...batchOf(padded), lengths: tf.tensor1d([last], "int32") };
      const alone = model.forward(batch, context("eval")).scores.dataSync();
      const found = scores.dataSync().subarray(start);
      found.forEach((score, t) => assert(Math.abs(score - alone[t]) < 1e-6));
    }
  });
});
