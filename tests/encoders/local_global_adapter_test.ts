import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { checkChain, type ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { batchOf, withModel } from "../support/small_model.ts";

const T = 12;

function configOf(encoder: Record<string, unknown> = {}): ModelConfig {
  return {
    features: { dim: 8, text_aligned: true },
    encoder: { name: "local_global_adapter", length: T, window: 4, ...encoder },
    head: { name: "residual_classifier" },
    branch: { name: "prompt_alignment", clip: "built_in" },
    loss: [
      { name: "valid_topk_bce", weight: 1 },
      { name: "class_alignment", weight: 1 },
      { name: "text_contrast", weight: 0.1 },
    ],
  };
}

/** Scores and class logits of videos whose first `lengths` snippets are valid. */
function outputsOf(config: ModelConfig, video: tf.Tensor, lengths: number[]) {
  let outputs: { scores: tf.Tensor; class_logits: tf.Tensor } | undefined;
  withModel(config, (model, context) => {
    const batch = { ...batchOf(video), lengths: tf.tensor1d(lengths, "int32") };
    const { scores, class_logits } = model.forward(batch, context("eval"));
    outputs = { scores: scores.clone(), class_logits: class_logits.clone() };
  });
  return outputs!;
}

onCpu("localGlobalAdapter gives the same for a crop alone as among others", () => {
  const crops = randomTensor([1, 2, T, 8], 1);
  const both = outputsOf(configOf(), crops, [7]);
  const alone = [0, 1].map((n) =>
    outputsOf(configOf(), tf.slice(crops, [0, n, 0, 0], [1, 1, T, 8]), [7])
  );
  const mean = tf.div(tf.add(alone[0].scores, alone[1].scores), 2).dataSync();
  both.scores.dataSync().forEach((score, i) => assert(Math.abs(score - mean[i]) < 1e-6));
});

onCpu("localGlobalAdapter sees how many snippets are valid, and padding in its place", () => {
  const video = randomTensor([1, 1, T, 8], 2);
  const full = outputsOf(configOf(), video, [T]), part = outputsOf(configOf(), video, [5]);
  assert(String(full.scores.dataSync()) !== String(part.scores.dataSync()));
  const padding = tf.concat([tf.ones([1, 1, 5, 8]), tf.zeros([1, 1, T - 5, 8])], 2);
  const zeroed = outputsOf(configOf(), tf.mul(video, padding), [5]);
  assert(String(zeroed.scores.dataSync()) !== String(part.scores.dataSync()));
});

onCpu("localGlobalAdapter refuses another length, and windows that do not fill it", () => {
  assertThrows(
    () => outputsOf(configOf(), randomTensor([1, 1, 9, 8], 1), [9]),
    RangeError,
    "data.segments=12",
  );
  assertThrows(() => checkChain(configOf({ window: 5 })), Error, "windows that fill 12");
});

onCpu("promptAlignment gives a logit for each class, and a video of zeros finite ones", () => {
  const { class_logits } = outputsOf(configOf(), tf.zeros([2, 1, T, 8]), [T, 1]);
  assertEquals(class_logits.shape, [2, T, 14]);
  assert([...class_logits.dataSync()].every(Number.isFinite));
});

onCpu("promptAlignment accepts what official checkpoints hold and nothing uses", () => {
  withModel(configOf(), (model) => {
    const one = { shape: [1], data: Float32Array.of(1) };
    const official = new Map(
      model.parameters.all().map(({ name, shape, variable }) => [
        name,
        { shape, data: Float32Array.from(variable.dataSync()) },
      ]),
    );
    for (const key of ["disAdj.sigma", "clipmodel.visual.conv1.weight", "clipmodel.logit_scale"]) {
      official.set(key, one);
    }
    model.parameters.assign(official, "official");
    assertThrows(
      () => model.parameters.assign(official.set("mlp3.c_fc.weight", one), "official"),
      TypeError,
      "unknown mlp3.c_fc.weight",
    );
  });
});

Deno.test("promptAlignment refuses features that share no space with text, and classes that are not the data's", () => {
  const config = configOf();
  const refused = (change: Partial<ModelConfig>, message: string) =>
    assertThrows(() => checkChain({ ...config, ...change }), TypeError, message);
  refused({ features: { dim: 8 } }, "text_aligned");
  refused({ classes: 7 }, "class_alignment");
});
