import { assert, assertAlmostEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { batchOf, outputOf, withModel } from "../support/small_model.ts";

const config: ModelConfig = {
  features: { dim: 2 },
  encoder: { name: "prototype_interaction", prototypes: 2, feature_factor: 1, context_factor: 3 },
  head: { name: "gelu_chain", hidden: [4] },
  loss: [{ name: "smoothed_topk_bce", weight: 1 }],
};

const gelu = (x: number) => x * 0.5 * (1 + erf(x / Math.SQRT2));

/** By its series, for small x. */
function erf(x: number): number {
  let sum = 0, term = x;
  for (let n = 0; n < 40; n++) {
    sum += term / (2 * n + 1);
    term *= -x * x / (n + 1);
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}

onCpu("prototypeInteraction adds what the prototypes answer to the snippet", () => {
  withModel(config, (model, context) => {
    const set = (name: string, values: number[]) => {
      const { shape } = model.parameters.all().find((one) => one.name === name)!;
      model.parameters.all().find((one) => one.name === name)!.variable.assign(
        tf.tensor(values, shape),
      );
    };
    set("prototype_layer.normal_prototypes_keys", [1, 0, 0, 1]);
    set("prototype_layer.normal_prototypes_values", [2, 0, -1, 1]);
    set("prototype_layer.output_proj.weight", [0.5, 0, 0, 1]);
    const x = [0.4, -0.2];
    const [a, b] = x.map((value) => Math.exp(value / Math.SQRT2));
    const weights = [a / (a + b), b / (a + b)];
    const joined = [
      x[0] + 3 * (2 * weights[0] - weights[1]),
      x[1] + 3 * weights[1],
    ];
    const mean = (joined[0] + joined[1]) / 2, spread = (joined[0] - joined[1]) / 2;
    const normed = joined.map((value) => (value - mean) / Math.sqrt(spread ** 2 + 1e-5));
    const video = tf.tensor4d(x, [1, 1, 1, 2]);
    const found = outputOf(model, video, context("eval"), "encoded");
    assertAlmostEquals(found[0], gelu(0.5 * normed[0]), 1e-5);
    assertAlmostEquals(found[1], gelu(normed[1]), 1e-5);
    const shares = outputOf(model, video, context("eval"), "prototype_weights");
    weights.forEach((weight, i) => assertAlmostEquals(shares[i], weight, 1e-6));
  });
});

onCpu("prototypeInteraction and geluChain score every snippet alone", () => {
  withModel({ ...config, features: { dim: 8 } }, (model, context) => {
    const video = randomTensor([1, 2, 5, 8], 3);
    const together = outputOf(model, video, context("eval"));
    for (let t = 0; t < 5; t++) {
      const alone = tf.slice(video, [0, 0, t, 0], [1, 2, 1, 8]);
      assertAlmostEquals(outputOf(model, alone, context("eval"))[0], together[t], 1e-6);
    }
    const { score_logits: logits, scores } = model.forward(batchOf(video), context("eval"));
    const mean = tf.mean(tf.sigmoid(logits), 1).dataSync();
    assert([...scores.dataSync()].every((score, i) => Math.abs(score - mean[i]) < 1e-7));
  });
});
