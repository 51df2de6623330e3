import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { normalityGuidance } from "../../src/branches/normality_guidance.ts";
import { checkChain, type ModelConfig } from "../../src/model/chain.ts";
import type { Model } from "../../src/model/assemble.ts";
import type { Context, Values } from "../../src/contract/slot.ts";
import { assertClose, assertGradient, onCpu, randomTensor } from "../support/on_cpu.ts";
import { withPart } from "../support/one_part.ts";
import {
  cropMeanOf,
  dense,
  dot,
  each,
  gelu,
  plus,
  rowsOf,
  softmaxOf,
  sumOf,
} from "../support/plain_layers.ts";
import { batchOf, gradientsOf, withModel } from "../support/small_model.ts";

const DIM = 8, CLASSES = ["Normal", "Abuse", "Arrest", "Arson"];
const scoreLoss = { name: "pseudo_label_bce", weight: 1 };
const textLosses = [
  { name: "normal_prompt_ranking", weight: 1 },
  { name: "abnormal_prompt_ranking", weight: 1 },
  { name: "distribution_inconsistency", weight: 1 },
  { name: "similarity_smoothness", weight: 0.1 },
  { name: "similarity_sparsity", weight: 0.01 },
];

function configOf(branch = {}, loss: ModelConfig["loss"] = [scoreLoss, ...textLosses]) {
  return {
    features: { dim: DIM, text_aligned: true },
    classes: CLASSES.length,
    encoder: { name: "adaptive_span", layers: 1, heads: 2, inner: 8, ramp: 4 },
    head: { name: "norm_linear" },
    branch: {
      name: "normality_guidance",
      classes: CLASSES,
      tower: { width: 4, layers: 1, heads: 1 },
      learned: 2,
      ...branch,
    },
    loss,
  } satisfies ModelConfig;
}

/** Values of a training pass over videos of these classes. */
function valuesOf(model: Model, video: tf.Tensor, context: Context, ids: number[]): Values {
  const classIds = tf.tensor1d(ids, "int32");
  return model.forward({ ...batchOf(video), classIds }, context);
}

onCpu("normalityGuidance runs in training alone", () => {
  withModel(configOf(), (model, context) => {
    const batch = batchOf(randomTensor([2, 1, 5, DIM], 1));
    const seen = model.forward(batch, context("eval"));
    assert(!("text_features" in seen) && !("pseudo_labels" in seen));
    const asked = model.forward(batch, { ...context("eval"), everything: true });
    assertEquals(asked.text_features.shape, [4, DIM]);
  });
});

onCpu(
  "normalityGuidance labels frames below theta in abnormal videos, and none in normal ones",
  () => {
    withModel(configOf({ theta: 0.4 }), (model, context) => {
      const values = valuesOf(model, randomTensor([4, 2, 9, DIM], 1), context("train"), [
        0,
        0,
        2,
        3,
      ]);
      const psi = values.pseudo_scores.dataSync(), labels = values.pseudo_labels.dataSync();
      assertEquals(labels.subarray(0, 18), new Float32Array(18));
      assertEquals(
        Array.from(labels.subarray(18)),
        Array.from(psi, (score) => Number(score < 0.4)),
      );
      assertEquals([Math.min(...psi), Math.max(...psi).toFixed(5)], [0, "1.00000"]);
      const [n, T] = values.pseudo_scores.shape;
      assertEquals([n, T], [2, 9]);
    });
  },
);

onCpu(
  "normalityGuidance takes the class by its label, by likeness, or by likeness where no text has it",
  () => {
    const video = randomTensor([4, 1, 9, DIM], 1), ids = [0, 0, 2, 9];
    const own = (branch: Record<string, unknown>) => {
      let rows: number[][] = [], best: number[] = [];
      withModel(configOf(branch), (model, context) => {
        tf.tidy(() => {
          const values = valuesOf(model, video, context("train"), ids);
          rows = values.own_classes.arraySync() as number[][];
          const anomalies = tf.slice(tf.max(values["similarity.text"], 1), [0, 1], [4, 3]);
          best = Array.from(tf.argMax(anomalies, 1).dataSync(), (index) => index + 1);
        });
      });
      return { rows: rows.map((row) => row.indexOf(1)), best };
    };
    const labelled = own({}), alike = own({ true_class: "best" });
    assertEquals(labelled.rows, [0, 0, 2, labelled.best[3]]);
    assertEquals(alike.rows, [0, 0, alike.best[2], alike.best[3]]);
  },
);

onCpu("normalityGuidance teaches scores by their own term alone, and text by the others", () => {
  const video = randomTensor([4, 1, 9, DIM], 1);
  const taught = (loss: ModelConfig["loss"]) => {
    let names: string[] = [];
    withModel(configOf({}, loss), (model, context) => {
      const { gradients } = gradientsOf(model, video, context("train"));
      names = [...gradients].filter(([, slopes]) => slopes.some((slope) => slope !== 0))
        .map(([name]) => name);
    });
    return names;
  };
  const isText = (name: string) => /^(ctx|clip\.|nvp_)/.test(name);
  const byScores = taught([scoreLoss]), byText = taught(textLosses);
  assert(byScores.includes("layers.0.attn.span.weight") && !byScores.some(isText));
  assert(byText.every(isText));
  for (const name of ["ctx", "clip.text_projection", "nvp_fc1.weight", "nvp_fc2.bias"]) {
    assert(byText.includes(name), name);
  }
  assertEquals(byText.filter((name) => name.startsWith("clip.")), ["clip.text_projection"]);
});

onCpu("normalityGuidance stays finite with one frame, and with frames of zeros", () => {
  withModel(configOf(), (model, context) => {
    for (const video of [randomTensor([2, 1, 1, DIM], 1), tf.zeros([2, 1, 5, DIM])]) {
      const { loss, gradients } = gradientsOf(model, video, context("train"));
      assert(Number.isFinite(loss));
      for (const [name, slopes] of gradients) assert(slopes.every(Number.isFinite), name);
    }
  });
});

onCpu("normalityGuidance pools the normal frames by video or by batch", () => {
  // One normal video is alike either way, two are not.
  for (const [B, same] of [[2, true], [4, false]] as const) {
    const prompts = ["video", "batch"].map((pool) => {
      let prompt = new Float32Array();
      withModel(configOf({ pool }), (model, context) => {
        const video = tf.mul(randomTensor([B, 1, 3, DIM], 1), 3);
        tf.tidy(() => {
          const values = valuesOf(model, video, context("train"), Array(B).fill(1));
          prompt = Float32Array.from(values.normal_prompt.dataSync());
        });
      });
      return prompt;
    });
    if (same) assertClose(tf.tensor1d(prompts[0]), prompts[1], 1e-6);
    else assert(String(prompts[0]) !== String(prompts[1]));
  }
});

onCpu(
  "normalityGuidance makes its prompt and labels from the texts by the formulas of the paper",
  () => {
    const [B, N, T, K] = [2, 2, 3, CLASSES.length];
    const { name: _, ...settings } = configOf().branch;
    const config = normalityGuidance.config.parse(settings);
    withPart(
      (scope) => normalityGuidance.build(config, scope, { C: DIM, L: K }),
      (run, context, scope) => {
        const inputs = {
          features: randomTensor([B, N, T, DIM], 9),
          class_ids: tf.tensor1d([0, 2], "int32"),
        };
        const values = run(inputs, context("train"));
        const text = rowsOf(values.text_features.dataSync(), DIM); // the tower has tests of its own
        text.forEach((row) => assert(Math.abs(Math.hypot(...row) - 1) < 1e-6));
        const unit = (row: number[]) => row.map((value) => value / Math.hypot(...row));
        const frames = rowsOf(cropMeanOf(inputs.features.dataSync(), B, N), DIM).map(unit); // [B T]
        const toText = frames.map((frame) => text.map((row) => dot(frame, row)));
        assertClose(values["similarity.text"], toText.flat(), 2e-6);
        // Eq. 3 and 4: normal frames by their likeness to Normal's text, beside it,
        // through two layers, and added to it.
        const names = ["nvp_fc1.weight", "nvp_fc1.bias", "nvp_fc2.weight", "nvp_fc2.bias"];
        const toNormal = (
          w1: ArrayLike<number>,
          b1: ArrayLike<number>,
          w2: ArrayLike<number>,
          b2: ArrayLike<number>,
        ) => {
          const weights = softmaxOf(toText.slice(0, T).map((row) => row[0]));
          const seen = text[0].map((_, c) => sumOf(weights.map((w, t) => w * frames[t][c])));
          const enhanced = dense(each(dense([[...text[0], ...seen]], w1, b1), gelu), w2, b2);
          const [prompt] = plus(enhanced, [text[0]]).map(unit);
          return frames.map((frame) => dot(frame, prompt));
        };
        const numbers = scope.numbers();
        const [w1, b1, w2, b2] = names.map((name) => numbers[name]);
        const normal = toNormal(w1, b1, w2, b2);
        assertClose(values["similarity.normal"], normal, 2e-6);
        assertGradient(
          () => run(inputs, context("train"))["similarity.normal"],
          names.map((name) => scope.variables.get(name)!),
          toNormal,
          2e-5,
        );
        // Eq. 6, of the abnormal video, whose class is 2.
        const stretched = (x: number[]) =>
          x.map((value) => (value - Math.min(...x)) / (Math.max(...x) - Math.min(...x)));
        const own = stretched(toText.slice(T).map((row) => row[2]));
        const psi = stretched(
          stretched(normal.slice(T)).map((s, t) => 0.2 * s + 0.8 * (1 - own[t])),
        );
        assertClose(values.pseudo_scores, psi, 1e-5);
        assertClose(values.pseudo_labels, [0, 0, 0, ...psi.map((p) => Number(p < 0.55))], 0);
      },
    );
  },
);

Deno.test("normalityGuidance is refused on features that share no space with text, and on other classes", () => {
  const plain = { ...configOf(), features: { dim: DIM } };
  assertThrows(() => checkChain(plain), TypeError, "text_aligned");
  assertThrows(() => checkChain({ ...configOf(), classes: 7 }), RangeError, "texts for 4 classes");
});
