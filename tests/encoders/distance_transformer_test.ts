import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { outputOf, withModel } from "../support/small_model.ts";

const config = (dropout: number): ModelConfig => ({
  features: { dim: 6 },
  encoder: { name: "distance_transformer", hidden: 8, heads: 2, head_dim: 3, ff_dim: 5, dropout },
  head: { name: "mlp", hidden: [4], activations: ["relu"], dropout: 0 },
  loss: [{ name: "ranking", weight: 1 }],
});

onCpu("distanceTransformer encodes every crop of every video on its own, at any T", () => {
  withModel(config(0), (model, context) => {
    for (const T of [1, 2, 37]) {
      const video = randomTensor([2, 3, T, 6], T);
      const all = outputOf(model, video, context("eval"), "encoded"); // [2, 3, T, 8]
      assertEquals(all.length, 2 * 3 * T * 8);
      const last = tf.slice(video, [1, 2, 0, 0], [1, 1, T, 6]);
      const alone = outputOf(model, last, context("eval"), "encoded");
      alone.forEach((value, i) => assertAlmostEquals(value, all[5 * T * 8 + i], 1e-5));
    }
  });
});

onCpu("distanceTransformer drops in training alone, and the same for the same step", () => {
  withModel(config(0.5), (model, context) => {
    const video = randomTensor([2, 1, 9, 6], 1);
    const encoded = (mode: "train" | "eval", step: number) =>
      outputOf(model, video, context(mode, step), "encoded");
    assertEquals(encoded("eval", 1), encoded("eval", 2));
    assertEquals(encoded("train", 1), encoded("train", 1));
    const [one, two] = [encoded("train", 1), encoded("train", 2)];
    assert(one.some((value, i) => value !== two[i]));
  });
});

onCpu("distanceTransformer has the official number of parameters", () => {
  const official: ModelConfig = {
    ...config(0.5),
    features: { dim: 1024 },
    encoder: { name: "distance_transformer" },
    head: { name: "dual_memory" },
  };
  withModel(official, (model) => assertEquals(model.parameters.size, 6_492_929));
  const criterion = { ...official, head: { name: "batch_norm_criterion" } };
  withModel(criterion, (model) => assertEquals(model.parameters.size, 5_791_905));
});
