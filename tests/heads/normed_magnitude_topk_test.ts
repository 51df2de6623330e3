import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { normedMagnitudeTopk } from "../../src/heads/normed_magnitude_topk.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  bestOf,
  cropMeanOf,
  dense,
  each,
  layerNormed,
  rowsOf,
  sigmoid,
  sumOf,
} from "../support/plain_layers.ts";
import { batchOf, outputOf, withModel } from "../support/small_model.ts";

const config = (dropout: number): ModelConfig => ({
  features: { dim: 8 },
  encoder: { name: "pyramid_non_local" },
  head: { name: "normed_magnitude_topk", selection_dropout: dropout, k: 3 },
  loss: [{ name: "selected_bce", weight: 1 }],
});

onCpu("normedMagnitudeTopk selects where the normed features are longest, over all crops", () => {
  withModel(config(0), (model, context) => {
    const video = randomTensor([2, 3, 9, 8], 1);
    const gain = model.parameters.all().find(({ name }) => name === "to_logits.0.weight")!;
    gain.variable.assign(tf.add(randomTensor([8], 2), 1)); // at 1 all lengths are nearly equal
    const batch = batchOf(video);
    const values = model.forward(batch, context("train"));
    const normed = values.normed.arraySync() as number[][][][]; // [2, 3, 9, 8]
    for (let b = 0; b < 2; b++) {
      const lengths = Array.from(
        { length: 9 },
        (_, t) => normed[b].reduce((sum, crop) => sum + Math.hypot(...crop[t]) / 3, 0),
      );
      const order = lengths.map((_, t) => t).sort((s, t) => lengths[t] - lengths[s]).slice(0, 3);
      const index = (values["selected.index"].arraySync() as number[][])[b];
      assertEquals(index, order);
      const scores = (values.scores.arraySync() as number[][][])[b];
      const mean = index.reduce((sum, t) => sum + scores[t][0] / 3, 0);
      assertAlmostEquals((values["selected.scores"].arraySync() as number[][])[b][0], mean, 1e-6);
      const features = (values["selected.features"].arraySync() as number[][][][])[b];
      assertEquals(features, normed[b].map((crop) => index.map((t) => crop[t])));
    }
    tf.dispose({ ...batch });
  });
});

onCpu("normedMagnitudeTopk masks the selection in training alone, and its scores never", () => {
  withModel(config(0.7), (model, context) => {
    const video = randomTensor([4, 2, 32, 8], 1);
    const chosen = (step: number) =>
      outputOf(model, video, context("train", step), "selected.index");
    assertEquals(chosen(1), chosen(1));
    assert(chosen(1).some((t, i) => t !== chosen(2)[i]));
    const [one, two] = [1, 2].map((step) => outputOf(model, video, context("train", step)));
    assertEquals(one, two);
    assertEquals(
      outputOf(model, video, context("eval", 1)),
      outputOf(model, video, context("eval", 2)),
    );
  });
});

onCpu("normedMagnitudeTopk scores videos shorter than k, and refuses to train on them", () => {
  withModel(config(0), (model, context) => {
    assertEquals(model.minimumSnippets, 3);
    assert(model.cropsApart && model.scoresInUnitRange);
    const video = randomTensor([2, 2, 2, 8], 1);
    assertEquals(outputOf(model, video, context("eval")).length, 4);
    assertThrows(() => outputOf(model, video, context("train")), RangeError, "3 snippets of 2");
  });
});

onCpu("normedMagnitudeTopk scores and selects by its formula, in value and slope", () => {
  const [B, N, T, C, K] = [2, 2, 5, 4, 2];
  checkSlot(
    normedMagnitudeTopk,
    { selection_dropout: 0, k: K },
    { sizes: { C }, outputs: ["scores", "selected.scores"] },
    { encoded: randomTensor([B, N, T, C], 9) },
    (of) => {
      const x = layerNormed(
        rowsOf(of.encoded, C),
        of["to_logits.0.weight"],
        of["to_logits.0.bias"],
      );
      const scores = cropMeanOf(
        each(dense(x, of["fc.weight"], of["fc.bias"]), sigmoid).flat(),
        B,
        N,
      );
      const lengths = rowsOf(cropMeanOf(x.map((row) => Math.hypot(...row)), B, N), T);
      const selected = lengths.map((video, b) =>
        sumOf(bestOf(video, K).map((t) => scores[b * T + t])) / K
      );
      return [...scores, ...selected];
    },
    { mode: "train" },
  );
});
