import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { keptSnippets } from "../../src/encoders/perturbed_pyramid.ts";
import { assemble } from "../../src/model/assemble.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { gradientsOf, outputOf, withModel } from "../support/small_model.ts";

const config = (
  { dim = 16, dropout = 0, ...encoder }: Record<string, number> = {},
): ModelConfig => ({
  features: { dim },
  encoder: { name: "perturbed_pyramid", samples: 7, scorer_hidden: 5, ...encoder },
  head: { name: "magnitude_topk", hidden: [6], dropout, selection_dropout: dropout },
  loss: [{ name: "selected_bce", weight: 1 }, { name: "magnitude_margin", weight: 1e-4 }],
});

Deno.test("keptSnippets() cuts the share to a whole number, from 1 to all, 1000 for a lone row", () => {
  const kept = (snippets: number, ratio: number, rows = 2) => keptSnippets(snippets, ratio, rows);
  assertEquals([kept(32, 0.95), kept(45, 0.95), kept(20, 0.95)], [30, 42, 19]);
  assertEquals([kept(1, 0.95), kept(32, 0.01), kept(5, 1)], [1, 1, 5]);
  assertEquals([kept(2000, 0.95), kept(2000, 0.95, 1), kept(1052, 0.95, 1)], [1900, 1000, 999]);
});

onCpu("perturbedPyramid scores videos of any length, in evaluation and twice alike", () => {
  withModel(config(), (model, context) => {
    for (const T of [1, 2, 3, 47]) {
      const video = randomTensor([2, 3, T, 16], T);
      const scores = outputOf(model, video, context("eval"));
      assertEquals(scores.length, 2 * T);
      assert(scores.every((score) => score >= 0 && score <= 1));
      assertEquals(outputOf(model, video, context("eval")), scores);
    }
  });
});

onCpu("perturbedPyramid draws its noise in evaluation too, anew in every step", () => {
  withModel(config({ ratio: 0.5 }), (model, context) => {
    const video = randomTensor([2, 2, 20, 16], 1);
    const frequency = (mode: "train" | "eval", step: number) =>
      outputOf(model, video, context(mode, step), "selection_frequency");
    assertEquals(frequency("eval", 1), frequency("train", 1));
    const [one, two] = [frequency("eval", 1), frequency("eval", 2)];
    assert(one.some((share, i) => share !== two[i]));
    for (let row = 0; row < 4; row++) {
      const sum = one.slice(row * 20, row * 20 + 20).reduce((sum, share) => sum + share);
      assertAlmostEquals(sum, 10, 1e-4);
    }
  });
});

onCpu("perturbedPyramid takes the noise that it is given, crop by crop of each video", () => {
  withModel(config({ ratio: 0.5, sigma: 10 }), (model, context) => {
    const [B, N, T] = [2, 2, 4];
    // Noise that decides alone: row r keeps the snippets r % 4 and (r + 1) % 4.
    const noise = tf.tensor(
      Float32Array.from({ length: B * N * 7 * T }, (_, i) => {
        const row = Math.floor(i / 7 / T), t = i % T;
        return t === row % 4 || t === (row + 1) % 4 ? 1 : -1;
      }),
      [B * N, 7, T],
    );
    const given = { ...context("eval"), given: { noise } };
    const video = randomTensor([B, N, T, 16], 3);
    const frequency = outputOf(model, video, given, "selection_frequency");
    assertEquals([...frequency], [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1]);
  });
});

onCpu("perturbedPyramid sends a gradient to the scorer", () => {
  withModel(config({ dropout: 0.5 }), (model, context) => {
    const video = randomTensor([4, 2, 12, 16], 4);
    const { gradients } = gradientsOf(model, video, context("train", 3));
    for (const name of ["fc1.weight", "fc2.weight"]) {
      const gradient = gradients.get(`hard_attention.scorer.${name}`)!;
      assert(gradient.some((value) => value !== 0) && gradient.every(Number.isFinite));
    }
    const again = gradientsOf(model, video, context("train", 3)).gradients;
    assertEquals(again, gradients);
  });
});

onCpu("perturbedPyramid stays finite on snippets of zeros and on constant channels", () => {
  withModel(config(), (model, context) => {
    for (const video of [tf.zeros([4, 1, 8, 16]), tf.ones([4, 1, 8, 16])]) {
      const { loss, gradients } = gradientsOf(model, video, context("train"));
      assert(Number.isFinite(loss));
      for (const [name, gradient] of gradients) assert(gradient.every(Number.isFinite), name);
    }
  });
});

onCpu("perturbedPyramid brings wider features to its width first", () => {
  withModel(config({ dim: 40, width: 16, width_hidden: 24 }), (model, context) => {
    const names = model.parameters.all().map(({ name, shape }) => `${name} [${shape}]`);
    assert(names.includes("mlp.fc1.weight [24,40]") && names.includes("mlp.fc2.weight [16,24]"));
    const video = randomTensor([1, 2, 9, 40], 5);
    assertEquals(outputOf(model, video, context("eval"), "encoded").length, 2 * 9 * 16);
  });
});

onCpu(
  "perturbedPyramid has the official number of parameters, with and without the unused ones",
  () => {
    const official = (dim: number): ModelConfig => ({
      features: { dim },
      encoder: { name: "perturbed_pyramid" },
      head: { name: "magnitude_topk", hidden: [128, 32] },
      loss: [{ name: "selected_bce", weight: 1 }],
    });
    const sizeOf = (dim: number) => {
      const { parameters } = assemble(official(dim), null);
      const { size } = parameters;
      parameters.dispose();
      return size;
    };
    assertEquals(sizeOf(512), 1_678_722);
    // mlp over 512 channels would make it 2,728,834;
    // over 1,024 its first layer has 512 x 1,024 weights more
    assertEquals(sizeOf(1024), 2_728_834 + 512 * 1024);
  },
);

onCpu("perturbedPyramid accepts the official checkpoint's unused layers", () => {
  withModel(config(), (model) => {
    const values = new Map(
      model.parameters.all().map(({ name, shape, variable }) => [
        name,
        { shape, data: Float32Array.from(variable.dataSync()) },
      ]),
    );
    values.set("mlp.fc1.weight", { shape: [1024, 512], data: new Float32Array(1024 * 512) });
    model.parameters.assign(values, "official.pkl");
  });
});

onCpu("perturbedPyramid wants channels that 8 divides", () => {
  assertThrows(
    () => assemble(config({ dim: 12 }), 0),
    RangeError,
    'encoder "perturbed_pyramid" needs a feature size divisible by 8, found 12',
  );
});
