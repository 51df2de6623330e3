/** `runner.attn_impl` in every method that attends. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { assemble, type DeviceBatch } from "../../src/model/assemble.ts";
import { modelConfig } from "../../src/model/model_config.ts";
import { registry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { randomTensor } from "../support/on_cpu.ts";

const DIM = 32;

interface Run {
  scores: Float32Array;
  gradients: Map<string, Float32Array>;
  kernels: Set<string>;
}

/**
 * Scores in evaluation, gradients of those in training, and the kernels that both ran. Losses are
 * left out: MGFN's chooses among snippets of nearly equal magnitude, and the last bit decides.
 */
async function runOf(runner: string, impl: string, overrides: string[]): Promise<Run> {
  const config = resolveConfig({
    overrides: [`runner=${runner}`, `runner.attn_impl=${impl}`, ...overrides],
    catalog: registry,
  });
  const model = assemble(modelConfig(config.runner, config.data, DIM), 5);
  const random = new RandomStream(1), variables = model.parameters.trained();
  const gradients = new Map<string, Float32Array>();
  let scores = new Float32Array();
  const { kernelNames, result } = await tf.profile(() =>
    tf.tidy(() => {
      const batch: DeviceBatch = {
        video: tf.abs(randomTensor([4, 2, 9, DIM], 3)),
        lengths: tf.fill([4], 9, "int32"),
        classIds: tf.tensor1d([0, 0, 1, 2], "int32"),
        labels: tf.oneHot(tf.tensor1d([0, 0, 1, 2], "int32"), 14),
      };
      const context = { random, step: 0, epoch: 5 };
      const read = (x: tf.Tensor) => Float32Array.from(x.dataSync());
      scores = read(model.forward(batch, { ...context, mode: "eval" }).scores);
      const train = { ...context, mode: "train" as const };
      const { grads } = tf.variableGrads(
        () => tf.sum(tf.square(model.forward(batch, train).scores)),
        variables.map(({ variable }) => variable),
      );
      for (const { name, variable } of variables) {
        if (grads[variable.name]) gradients.set(name, read(grads[variable.name]));
      }
      return tf.scalar(0);
    })
  );
  tf.dispose(result as unknown as tf.Tensor);
  random.dispose();
  model.parameters.dispose();
  return { scores, gradients, kernels: new Set(kernelNames) };
}

const methods: { runner: string; kernel: string; overrides: string[] }[] = [
  {
    runner: "mgfn",
    kernel: "WsvadAttention",
    overrides: [
      "runner.encoder={stages: [{mixer: glance, width: 17, blocks: 2}], head_width: 8}",
    ],
  },
  {
    runner: "ur_dmu",
    kernel: "WsvadDualBranchAttention",
    overrides: ["runner.encoder={hidden: 16, layers: 2, heads: 2, head_dim: 8, ff_dim: 8}"],
  },
  {
    runner: "gs_moe",
    kernel: "WsvadAttention",
    overrides: [
      "runner.encoder={hidden: 8, experts: 2, inner: 8, mlp: [4], dropout: 0.1}",
      "runner.head={inner: 8, mlp: [4], dropout: 0.1}",
    ],
  },
];

for (const { runner, kernel, overrides } of methods) {
  Deno.test(`attn_impl of ${runner} changes scores and gradients by 1e-5 at most`, async () => {
    const device = await openDevice({ device: "cpu", blas: "off" });
    const { numTensors } = tf.memory();
    const [eager, fused] = [
      await runOf(runner, "eager", overrides),
      await runOf(runner, "fused", overrides),
    ];
    assertEquals([eager, fused].map(({ kernels }) => kernels.has(kernel)), [false, true]);
    eager.scores.forEach((score, i) => assert(Math.abs(score - fused.scores[i]) <= 1e-5));
    assertEquals([...fused.gradients.keys()], [...eager.gradients.keys()]);
    const largest = [...eager.gradients.values()].flatMap((slopes) => [...slopes])
      .reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
    for (const [name, slopes] of eager.gradients) {
      const other = fused.gradients.get(name)!;
      slopes.forEach((slope, i) => {
        const difference = Math.abs(slope - other[i]);
        assert(difference <= 1e-5 * largest, `${name}: ${slope} and ${other[i]} of ${largest}`);
      });
    }
    assertEquals(tf.memory().numTensors, numTensors, "tensors left behind");
    await device.close();
  });
}
