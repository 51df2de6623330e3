import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { dualMemory } from "../../src/heads/dual_memory.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  beside,
  bestOf,
  cropMeanOf,
  dense,
  each,
  plus,
  relu,
  type Rows,
  rowsOf,
  sigmoid,
  sumOf,
} from "../support/plain_layers.ts";
import { gradientsOf, outputOf, withModel } from "../support/small_model.ts";

const TERMS = [
  "topk_bce",
  "memory_abnormal_hit",
  "memory_normal_miss",
  "memory_normal_hit",
  "memory_abnormal_miss",
  "memory_triplet",
  "latent_kl",
  "memory_distance",
];

const config = (guard = false): ModelConfig => ({
  features: { dim: 6 },
  encoder: {
    name: "distance_transformer",
    hidden: 8,
    heads: 2,
    head_dim: 3,
    ff_dim: 5,
    dropout: 0,
  },
  head: { name: "dual_memory", abnormal_slots: 17, normal_slots: 5, hidden: 4 },
  loss: TERMS.map((name) => ({ name, weight: 1 })),
  guard_sqrt: guard,
});

onCpu("dualMemory adds noise to the normal videos of a training batch, and to nothing else", () => {
  withModel(config(), (model, context) => {
    const video = randomTensor([4, 2, 9, 6], 1); // scores [4, 9, 1]
    const evaluated = outputOf(model, video, context("eval"));
    assertEquals(outputOf(model, video, context("eval", 1)), evaluated);
    const [one, two] = [1, 2].map((step) => outputOf(model, video, context("train", step)));
    for (let i = 0; i < 18; i++) assert(one[i] !== two[i]);
    for (let i = 18; i < 36; i++) {
      assertEquals(one[i], two[i]);
      assertAlmostEquals(one[i], evaluated[i], 1e-6);
    }
  });
});

onCpu("dualMemory uses the noise that the context gives", () => {
  withModel(config(), (model, context) => {
    const video = randomTensor([2, 1, 9, 6], 1);
    const without = { ...context("train"), given: { epsilon: tf.zeros([1, 9, 8]) } };
    const scores = outputOf(model, video, without);
    const evaluated = outputOf(model, video, context("eval"));
    scores.forEach((score, i) => assertAlmostEquals(score, evaluated[i], 1e-6));
  });
});

onCpu("dualMemory scores a video as the mean of its crops", () => {
  withModel(config(), (model, context) => {
    assert(model.cropsApart && model.scoresInUnitRange);
    const video = randomTensor([1, 3, 9, 6], 1);
    const whole = outputOf(model, video, context("eval"));
    const crops = [0, 1, 2].map((crop) =>
      outputOf(model, tf.slice(video, [0, crop, 0, 0], [1, 1, 9, 6]), context("eval"))
    );
    whole.forEach((score, t) => {
      const mean = (crops[0][t] + crops[1][t] + crops[2][t]) / 3;
      assertAlmostEquals(score, mean, 1e-6);
    });
  });
});

onCpu("dualMemory trains at every T from 1 on, with a gradient for every parameter", () => {
  withModel(config(), (model, context) => {
    for (const T of [1, 2, 16, 37]) {
      const { loss, gradients } = gradientsOf(
        model,
        randomTensor([4, 2, T, 6], T),
        context("train"),
      );
      assert(Number.isFinite(loss));
      assertEquals(gradients.size, model.parameters.trained().length);
      for (const [name, values] of gradients) assert(values.every(Number.isFinite), name);
    }
  });
});

onCpu("dualMemory trains on snippets that are all zero, and on equal ones", () => {
  withModel(config(true), (model, context) => {
    for (const video of [tf.zeros([2, 2, 9, 6]), tf.ones([2, 2, 9, 6])]) {
      const { loss, gradients } = gradientsOf(model, video, context("train"));
      assert(Number.isFinite(loss));
      for (const [name, values] of gradients) assert(values.every(Number.isFinite), name);
    }
  });
});

onCpu("dualMemory reads, scores and chooses by its formula, in value and slope", () => {
  // one normal video, one abnormal
  const [N, T, C] = [2, 3, 4], noise = randomTensor([1, N, T, C], 11);
  const drawn = rowsOf(noise.dataSync(), C);
  checkSlot(
    dualMemory,
    { abnormal_slots: 5, normal_slots: 3, hidden: 3 },
    {
      sizes: { C },
      outputs: ["scores", "latent.log_variance", "anchor", "read.normal", "read.abnormal"],
    },
    { encoded: randomTensor([2, N, T, C], 9) },
    (of) => {
      const layer = (x: Rows, name: string) => dense(x, of[`${name}.weight`], of[`${name}.bias`]);
      const x = rowsOf(of.encoded, C), half = N * T;
      const recall = (name: string) => {
        const slots = rowsOf(of[`${name}.memory_block`], C);
        const alike = each(dense(x, slots.flat()), (product) => sigmoid(product / Math.sqrt(C)));
        const read = alike.map((row) =>
          slots[0].map((_, c) => sumOf(row.map((weight, s) => weight * slots[s][c])))
        );
        return { read, known: alike.map((row) => Math.max(...row)) }; // slots / 16 + 1 = 1
      };
      const abnormal = recall("Amemory"), normal = recall("Nmemory");
      const fromAbnormal = layer(abnormal.read, "encoder_mu.0");
      const fromNormal = layer(normal.read, "encoder_mu.0");
      const logVariance = layer(normal.read.slice(0, half), "encoder_var.0");
      const latent = logVariance.map((row, i) =>
        row.map((value, c) => fromNormal[i][c] + drawn[i][c] * Math.exp(value / 2))
      );
      const recalled = plus(fromAbnormal, [...latent, ...fromNormal.slice(half)]);
      const hidden = each(layer(beside(x, recalled), "cls_head.mlp.0"), relu);
      const scores = cropMeanOf(each(layer(hidden, "cls_head.mlp.2"), sigmoid).flat(), 2, N);
      // T / 16 + 1 = 1: each crop chooses the snippet that its memory knows best.
      const chosen = (known: number[], rows: Rows) =>
        cropMeanOf(rowsOf(known, T).flatMap((crop, n) => rows[n * T + bestOf(crop, 1)[0]]), 1, N);
      return [
        ...scores,
        ...logVariance.flat(),
        ...chosen(normal.known.slice(0, half), x),
        ...chosen(normal.known.slice(0, half), latent),
        ...chosen(abnormal.known.slice(half), fromAbnormal.slice(half)),
      ];
    },
    { mode: "train", given: { epsilon: noise } },
  );
});
