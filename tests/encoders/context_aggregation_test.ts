import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { ModelConfig } from "../../src/model/chain.ts";
import { overwrite } from "../../src/ops/kernel/overwrite.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { batchOf, gradientsOf, outputOf, withModel } from "../support/small_model.ts";

const [T, C, H] = [4, 4, 2];

function configOf(encoder: Record<string, unknown> = {}, head = {}): ModelConfig {
  return {
    features: { dim: C },
    encoder: { name: "context_aggregation", hidden: H, out: 3, window: 3, dropout: 0, ...encoder },
    head: { name: "causal_classifier", kernel: 3, ...head },
    loss: [{ name: "valid_bag_bce", weight: 1 }],
  };
}

/** The mixed attention of one row in double precision, from the parameters. */
function mixedOf(parameter: (name: string) => ArrayLike<number>, x: ArrayLike<number>, {
  power,
}: { power: boolean }): number[][] {
  const name = "self_attention.self_attn";
  const project = (part: string) =>
    Array.from({ length: T }, (_, t) =>
      Array.from({ length: H }, (_, h) => {
        let sum = parameter(`${name}.${part}.bias`)[h];
        for (let c = 0; c < C; c++) {
          sum += parameter(`${name}.${part}.weight`)[h * C + c] * x[t * C + c];
        }
        return sum;
      }));
  const [q, k, v] = ["q", "k", "v"].map(project);
  const [w, b] = ["w", "b"].map((part) => parameter(`self_attention.loc_adj.${part}`)[0]);
  const share = 1 / (1 + Math.exp(-parameter(`${name}.alpha`)[0]));
  const mixed = q.map((query, t) => {
    const logits = k.map((key, s) =>
      query.reduce((sum, value, h) => sum + value * key[h], 0) / Math.sqrt(H) +
      Math.exp(-Math.abs(w * (t - s) ** 2 - b))
    );
    const attended = (near: boolean) => {
      const powers = logits.map((logit, s) => near && Math.abs(t - s) > 1 ? 0 : Math.exp(logit));
      const total = powers.reduce((sum, power) => sum + power);
      return Array.from(
        { length: H },
        (_, h) => powers.reduce((sum, power, s) => sum + power * v[s][h], 0) / total,
      );
    };
    const [all, near] = [attended(false), attended(true)];
    return all.map((value, h) => share * value + (1 - share) * near[h]);
  });
  if (!power) return mixed;
  const rooted = mixed.map((row) => row.map((y) => Math.sign(y) * Math.sqrt(Math.abs(y))));
  const lengths = Array.from({ length: H }, (_, h) => Math.hypot(...rooted.map((row) => row[h])));
  return rooted.map((row) => row.map((y, h) => y / lengths[h]));
}

for (const power of [true, false]) {
  onCpu(
    `contextAggregation mixes both attentions, ${power ? "with" : "without"} the power norm`,
    () => {
      withModel(configOf({ power_norm: power, prior_w: 0.3, prior_b: 0.7 }), (model, context) => {
        const of = (name: string) =>
          model.parameters.all().find((one) => one.name === name)!.variable;
        overwrite(of("self_attention.self_attn.alpha"), Float32Array.of(0.4));
        const video = randomTensor([1, 1, T, C], 4);
        const expected = mixedOf((name) => of(name).dataSync(), video.dataSync(), { power }).flat();
        const found = outputOf(model, video, context("eval"), "mixed");
        expected.forEach((value, i) => assertAlmostEquals(found[i], value, 1e-5));
      });
    },
  );
}

onCpu(
  "contextAggregation has finite gradients where nothing is attended: features of zeros",
  () => {
    withModel(configOf(), (model, context) => {
      for (const part of ["q", "k", "v"]) {
        const name = `self_attention.self_attn.${part}.bias`;
        const { variable } = model.parameters.all().find((one) => one.name === name)!;
        overwrite(variable, new Float32Array(H));
      }
      const { loss, gradients } = gradientsOf(model, tf.zeros([2, 1, T, C]), context("train"));
      assertEquals(Number.isFinite(loss), true);
      for (const [name, gradient] of gradients) {
        assertEquals([...gradient].every(Number.isFinite), true, name);
      }
    });
  },
);

onCpu("causalClassifier sees a snippet and those before it, zeros before the first", () => {
  withModel(configOf({}, { kernel: 2 }), (model, context) => {
    const of = (name: string) =>
      model.parameters.all().find((one) => one.name === name)!.variable.dataSync();
    const video = randomTensor([1, 2, T, C], 5);
    const { encoded, scores } = model.forward(batchOf(video), context("eval"));
    const [x, weight, bias] = [encoded.dataSync(), of("classifier.weight"), of("classifier.bias")];
    const at = (n: number, t: number, tap: number) =>
      t < 0
        ? 0
        : [0, 1, 2].reduce((sum, c) => sum + weight[c * 2 + tap] * x[(n * T + t) * 3 + c], 0);
    scores.dataSync().forEach((score, t) => {
      const crops = [0, 1].map((n) => at(n, t - 1, 0) + at(n, t, 1) + bias[0]);
      const mean = crops.reduce((sum, logit) => sum + 1 / (1 + Math.exp(-logit)) / 2, 0);
      assertAlmostEquals(score, mean, 1e-6);
    });
  });
});
