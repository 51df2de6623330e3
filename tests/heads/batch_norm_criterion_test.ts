import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { batchNormCriterion } from "../../src/heads/batch_norm_criterion.ts";
import type { Model } from "../../src/model/assemble.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  batchNormed,
  cropMeanOf,
  dense,
  each,
  momentsOf,
  relu,
  type Rows,
  rowsOf,
  sigmoid,
} from "../support/plain_layers.ts";
import { gradientsOf, outputOf, withModel } from "../support/small_model.ts";

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
  head: { name: "batch_norm_criterion", channels: [5, 3] },
  loss: ["normal_probability", "pull_push_1", "pull_push_2"].map((name) => ({ name, weight: 1 })),
  guard_sqrt: guard,
});

function variable(model: Model, name: string): tf.Variable {
  return model.parameters.all().find((parameter) => parameter.name === name)!.variable;
}

function set(model: Model, name: string, value: number): void {
  tf.tidy(() => variable(model, name).assign(tf.fill(variable(model, name).shape, value)));
}

/** Distances of f [rows, C] to the running statistics of bn1, by hand. */
function distancesTo(model: Model, f: Float32Array): number[] {
  const [mean, variance] = ["running_mean", "running_var"]
    .map((name) => variable(model, `normal_head.bn1.${name}`).dataSync());
  const C = mean.length;
  return Array.from({ length: f.length / C }, (_, row) => {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += (f[row * C + c] - mean[c]) ** 2 / variance[c];
    return Math.sqrt(sum);
  });
}

onCpu("batchNormCriterion measures to statistics that have seen the batch in training", () => {
  withModel(config(), (model, context) => {
    const video = randomTensor([4, 1, 9, 6], 1);
    const f = outputOf(model, video, context("eval"), "conv_1"); // the same in both modes
    const before = distancesTo(model, f);
    const trained = outputOf(model, video, context("train"), "distance.1");
    const after = distancesTo(model, f); // the pass has moved the statistics
    assert(before.every((distance, i) => Math.abs(distance - after[i]) > 1e-3));
    trained.forEach((distance, i) => assertAlmostEquals(distance, after[i], 1e-5));
  });
});

onCpu("batchNormCriterion leaves the statistics alone in evaluation", () => {
  withModel(config(), (model, context) => {
    const video = randomTensor([4, 1, 9, 6], 1);
    outputOf(model, video, context("train"));
    const evaluated = outputOf(model, video, context("eval"), "distance.1");
    const f = outputOf(model, video, context("eval"), "conv_1");
    distancesTo(model, f).forEach((distance, i) =>
      assertAlmostEquals(evaluated[i], distance, 1e-5)
    );
    assertEquals(outputOf(model, video, context("eval"), "distance.1"), evaluated);
  });
});

onCpu("batchNormCriterion multiplies crop by crop, then takes the mean, beyond 1", () => {
  withModel(config(), (model, context) => {
    assert(model.cropsApart && !model.scoresInUnitRange);
    const video = tf.mul(randomTensor([1, 3, 9, 6], 1), 10);
    const of = (name: string) => outputOf(model, video, context("eval"), name);
    const [one, two, probability, scores] = [
      of("distance.1"),
      of("distance.2"),
      of("probability"),
      of("scores"),
    ];
    scores.forEach((score, t) => {
      const crops = [t, t + 9, t + 18].map((i) => (one[i] + two[i]) * probability[i]);
      assertAlmostEquals(score, (crops[0] + crops[1] + crops[2]) / 3, 1e-5);
    });
    assert(scores.some((score) => score > 1));
  });
});

onCpu("batchNormCriterion scores a single snippet, and trains from 3 on", () => {
  withModel(config(), (model, context) => {
    assertEquals(outputOf(model, randomTensor([1, 2, 1, 6], 1), context("eval")).length, 1);
    for (const T of [3, 7, 37]) {
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

onCpu(
  "batchNormCriterion: a feature equal to the running mean has gradient NaN, and 0 with the guard",
  () => {
    for (const guard of [false, true]) {
      withModel(config(guard), (model, context) => {
        for (const name of ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]) {
          set(model, `normal_head.${name}`, 0); // features 0, running means 0
        }
        const { loss, gradients } = gradientsOf(
          model,
          randomTensor([4, 1, 9, 6], 1),
          context("train"),
        );
        assert(Number.isFinite(loss));
        // as PyTorch's sqrt: 0 / 0, even where nothing looks at the distance
        const numbers = [...gradients.get("normal_head.conv1.weight")!];
        assertEquals(numbers.every(guard ? Number.isFinite : Number.isNaN), true);
      });
    }
  },
);

onCpu("batchNormCriterion without variance is not finite, and is with the guard", () => {
  for (const guard of [false, true]) {
    withModel(config(guard), (model, context) => {
      for (const bn of ["bn1", "bn2"]) set(model, `normal_head.${bn}.running_var`, 0);
      const scores = outputOf(model, randomTensor([1, 1, 9, 6], 1), context("eval"));
      assertEquals(scores.every(Number.isFinite), guard);
      // constant features: the batch has no variance either
      for (const name of ["conv1.weight", "conv2.weight"]) set(model, `normal_head.${name}`, 0);
      const { loss, gradients } = gradientsOf(
        model,
        randomTensor([4, 1, 9, 6], 1),
        context("train"),
      );
      const finite = [loss, ...[...gradients.values()].flatMap((values) => [...values])]
        .every(Number.isFinite);
      assertEquals(finite, guard);
    });
  }
});

onCpu("batchNormCriterion multiplies distance and score by its formula, in value and slope", () => {
  const [B, N, T, C] = [2, 2, 3, 4];
  // At a momentum of 1 the running statistics are those of the batch, however often it was seen.
  // To the slope they
  // are constants: those of the first call stay.
  const kept: { mean: number; variance: number }[][] = [];
  checkSlot(
    batchNormCriterion,
    { channels: [3, 2], bn_momentum: 1 },
    { sizes: { C }, outputs: ["scores", "probability", "distance.1", "distance.2"] },
    { encoded: randomTensor([B, N, T, C], 9) },
    (of) => {
      const layer = (x: Rows, name: string) =>
        dense(x, of[`normal_head.${name}.weight`], of[`normal_head.${name}.bias`]);
      const norm = (x: Rows, name: string) =>
        batchNormed(x, of[`normal_head.${name}.weight`], of[`normal_head.${name}.bias`]);
      const distance = (f: Rows, which: number) => {
        const moments = kept[which] ??= f[0].map((_, c) => momentsOf(f.map((row) => row[c])));
        const unbiased = f.length / (f.length - 1);
        return f.map((row) =>
          Math.hypot(
            ...row.map((value, c) =>
              (value - moments[c].mean) / Math.sqrt(moments[c].variance * unbiased)
            ),
          )
        );
      };
      const f1 = layer(rowsOf(of.encoded, C), "conv1");
      const f2 = layer(each(norm(f1, "bn1"), relu), "conv2");
      const probability = each(layer(each(norm(f2, "bn2"), relu), "conv3"), sigmoid).flat();
      const one = distance(f1, 0), two = distance(f2, 1);
      const anomaly = probability.map((p, i) => p * (one[i] + two[i]));
      return [...cropMeanOf(anomaly, B, N), ...probability, ...one, ...two];
    },
    { mode: "train", tolerance: 1e-5 },
  );
});
