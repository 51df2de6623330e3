import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { normalityRefiner } from "../../src/branches/normality_refiner.ts";
import { checkChain, type ModelConfig } from "../../src/model/chain.ts";
import { scoringOnly } from "../../src/model/scoring_model.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { batchOf, gradientsOf, outputOf, withModel } from "../support/small_model.ts";

const [T, C] = [10, 8];
const refiner = { name: normalityRefiner.name, prototypes: 3, heads: 2, depth: 2, ratio: 0.55 };
const config: ModelConfig = {
  features: { dim: C, text_aligned: true },
  encoder: { name: "local_global_adapter", length: T, window: 5, layers: 1 },
  head: { name: "residual_classifier" },
  branch: { name: "adapted_alignment", clip: "built_in" },
  branches: [refiner],
  loss: [
    { name: "reconstruction_consistency", weight: 1 },
    { name: "prototype_gather", weight: 1 },
    { name: "event_alignment", weight: 1 },
  ],
};

onCpu("a chain of two branches gives the values of both, and gradients to both", () => {
  withModel(config, (model, context) => {
    const video = randomTensor([2, 1, T, C], 1);
    const values = model.forward(batchOf(video), context("train"));
    assertEquals(values.reconstructed.shape, [2, 1, T, C]);
    assertEquals(values.normal_distance.shape, [2, 1, 5]); // floor(0.55 x 10)
    assertEquals(values.event_logits.shape, [2, 14]);
    const { gradients } = gradientsOf(model, video, context("train"));
    for (
      const name of [
        "video_anomaly_refiner.video_prototypes",
        "clip_adapter.text_adapter.0.fc.0.weight",
      ]
    ) {
      assert(gradients.get(name)!.some((value) => value !== 0), name);
    }
  });
});

onCpu("normalityRefiner is no part of the model that scores, whose scores are the same", () => {
  const { scoring, unused } = scoringOnly(config);
  assertEquals(unused, ["video_anomaly_refiner."]);
  assertEquals(scoring.branches?.map(({ name }) => name), ["adapted_alignment"]);
  const video = randomTensor([1, 1, T, C], 2);
  withModel(config, (whole, wholeContext) =>
    withModel(scoring, (part, partContext) =>
      assertEquals(
        outputOf(part, video, partContext("eval")),
        outputOf(whole, video, wholeContext("eval")),
      )));
});

onCpu("adaptedAlignment gives class probabilities that sum to 1, Normal by the score alone", () => {
  withModel(scoringOnly(config).scoring, (model, context) => {
    const { class_probabilities: probabilities, score_logits: logits } = model.forward(
      batchOf(randomTensor([1, 1, T, C], 3)),
      context("eval"),
    );
    const rows = probabilities.dataSync(), scores = tf.sigmoid(tf.div(logits, 5)).dataSync();
    scores.forEach((score, t) => {
      const row = Array.from(rows).slice(14 * t, 14 * t + 14);
      assert(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
      assert(Math.abs(row[0] - (1 - score)) < 1e-6);
    });
  });
});

Deno.test("normalityRefiner refuses heads that do not divide the channels", () => {
  const odd = { ...config, branches: [{ ...refiner, heads: 3 }] };
  assertThrows(() => checkChain(odd), RangeError, "3 heads do not divide 8");
});
