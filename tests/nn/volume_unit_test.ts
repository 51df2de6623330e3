import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { WeightScope } from "../../src/contract/backbone.ts";
import { buildNetwork, weightShapes } from "../../src/nn/backbone_network.ts";
import { residualStage, residualStem } from "../../src/nn/residual_video.ts";
import { runSteps, volumeMean } from "../../src/nn/steps.ts";
import { padded, volumeOf, volumeUnit } from "../../src/nn/volume_unit.ts";
import { Random } from "../../src/random.ts";
import { assertClose, onEitherEngine, randomTensor } from "../support/on_cpu.ts";

/** A network of one part, with drawn weights. */
function built(build: (scope: WeightScope) => (x: tf.Tensor) => tf.Tensor) {
  const part = { name: "part", build: (_: null, scope: WeightScope) => build(scope) };
  const weights = new Map(
    [...weightShapes(part, null)].map(([key, shape]) => {
      const random = new Random(1, key), size = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: size }, () => 0.25 + random.uniform());
      return [key, { shape, data }];
    }),
  );
  return { weights, ...buildNetwork(part, null, weights, { source: "drawn" }) };
}

onEitherEngine("volumeUnit() convolves, normalises and cuts off what is negative", () => {
  const { network, weights, dispose } = built((scope) =>
    volumeUnit(scope, "conv", {
      ...{ inputs: 2, outputs: 3, kernel: [1, 1, 2], pad: [0, 0, 1], bias: true },
      ...{ norm: { name: "norm", epsilon: 0.1 }, activation: "relu" },
    })
  );
  const x = randomTensor([1, 1, 1, 3, 2], 4), y = network(x);
  const at = (key: string) => weights.get(key)!.data;
  const values = x.dataSync(), expected: number[] = [];
  for (let w = 0; w < 4; w++) { // windows begin one place before the first
    for (let o = 0; o < 3; o++) {
      let sum = at("conv.bias")[o];
      for (let k = 0; k < 2; k++) {
        for (let c = 0; c < 2; c++) {
          const place = w - 1 + k;
          const value = place < 0 || place > 2 ? 0 : values[place * 2 + c];
          sum += value * at("conv.weight")[(o * 2 + c) * 2 + k];
        }
      }
      const root = Math.sqrt(at("norm.running_var")[o] + 0.1);
      const normed = (sum - at("norm.running_mean")[o]) / root * at("norm.weight")[o] +
        at("norm.bias")[o];
      expected.push(Math.max(0, normed));
    }
  }
  assertEquals(y.shape, [1, 1, 1, 4, 3]);
  assertClose(y, expected, 1e-6);
  dispose();
});

onEitherEngine(
  "residualStage() halves rows and columns in its first block and keeps frames",
  () => {
    const { network, weights, dispose } = built((scope) => {
      const stem = residualStem(scope, {
        ...{ conv: "stem", norm: "stem_norm", outputs: 4, stride: [1, 2, 2] },
      });
      const stage = residualStage(scope, {
        ...{ stage: 1, blocks: 2, inputs: 4, width: 2, nonLocal: true },
        names: (block) => ({
          convs: ["a", "b", "c"].map((letter) => `${block}.${letter}`),
          norms: ["a", "b", "c"].map((letter) => `${block}.${letter}n`),
          shortcut: `${block}.s`,
          shortcutNorm: `${block}.sn`,
          nonLocal: `${block}.nl`,
        }),
      });
      return (x) => stage.reduce((y, block) => block(y), stem(x));
    });
    // The second block looks at one frame, and has the non-local part.
    assertEquals(weights.get("0.a.weight")!.shape, [2, 4, 3, 1, 1]);
    assertEquals(weights.get("1.a.weight")!.shape, [2, 8, 1, 1, 1]);
    assertEquals([...weights.keys()].filter((key) => key.includes(".nl.")).length, 12);
    assertEquals(network(randomTensor([2, 3, 9, 8, 3], 5)).shape, [2, 3, 3, 2, 8]);
    dispose();
  },
);

onEitherEngine("runSteps() tells of what is named, and frees the rest", () => {
  const x = tf.ones([1, 2, 1, 3, 2]), seen: string[] = [];
  const steps = [
    { run: (y: tf.Tensor) => tf.add(y, 1) },
    { run: (y: tf.Tensor) => y, names: ["same"] },
    { run: volumeMean, names: ["mean", "last"] },
  ];
  const before = tf.memory().numTensors;
  const y = runSteps(x, steps);
  assertEquals(tf.memory().numTensors, before + 1);
  assertAlmostEquals(y.dataSync()[0], 2);
  runSteps(x, steps, (name, { shape }) => seen.push(`${name} ${shape}`));
  assertEquals(seen, ["same 1,2,1,3,2", "mean 1,2", "last 1,2"]);
});

Deno.test("padded() gives as many windows as fit", () => {
  const over = padded([2, 3, 3], [2, 2, 1], [0, 1, 1]);
  assertEquals(over([5, 6, 7]).out, [2, 3, 7]);
  assertEquals(volumeOf({ shape: [9, 5, 6, 7, 8] } as unknown as tf.Tensor), [5, 6, 7]);
});
