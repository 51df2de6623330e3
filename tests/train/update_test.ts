import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Model } from "../../src/model/assemble.ts";
import { ParameterStore } from "../../src/nn/parameter_store.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { update } from "../../src/train/update.ts";
import { withDevice } from "../support/with_device.ts";

/**
 * Loss `a . m + 2 b`, where m [2] is the batch's mean row: the gradient of a is m, that of b is 2.
 */
function linearModel(): Model {
  const parameters = new ParameterStore(0);
  const a = parameters.add("a", [2], () => Float32Array.of(10, 20), true);
  const b = parameters.add("b", [1], () => Float32Array.of(30), true);
  parameters.add("unreached", [1], () => Float32Array.of(40), true);
  return {
    parameters,
    scoresInUnitRange: true,
    cropsApart: true,
    cropsAveraged: false,
    minimumSnippets: 1,
    window: null,
    classes: 0,
    phase: () => "",
    forward: ({ video }) => ({ mean: tf.mean(video, [0, 1, 2]) }),
    loss({ mean }) {
      const product = tf.sum(tf.mul(a, mean)) as tf.Scalar;
      const double = tf.sum(tf.mul(b, 2)) as tf.Scalar;
      const terms = {
        product: { value: product, weight: 1 },
        double: { value: double, weight: 1 },
      };
      return { loss: tf.add(product, double), terms };
    },
  };
}

interface Updated {
  weights: Record<string, number[]>;
  loss: number;
  terms: Record<string, number>;
  /** Norm of each parameter's averaged gradient. */
  norms: number[];
}

/** One update of plain gradient descent with rate 1 on batches of one row each. */
async function updated(rows: [number, number][], clipNorm: number | null): Promise<Updated> {
  const model = linearModel();
  const config = { name: "sgd", lr: 1, weight_decay: 0, momentum: 0 } as const;
  const optimizer = new Optimizer(config, model.parameters);
  const random = new RandomStream(0);
  const batches = rows.map((row) => () =>
    Promise.resolve({
      batch: {
        video: tf.tensor(row, [1, 1, 1, 2]),
        lengths: tf.tensor1d([1], "int32"),
        classIds: tf.tensor1d([0], "int32"),
        labels: tf.ones([1, 1]),
      },
      context: { mode: "train" as const, random, step: 0, epoch: 0 },
    })
  );
  const seen = {} as Updated;
  await update(model, { optimizer, clipNorm, mixed: null }, 1, batches, (pass, squares) => {
    seen.loss = pass.loss.dataSync()[0];
    seen.terms = Object.fromEntries(
      [...pass.terms].map(([name, value]) => [name, value.dataSync()[0]]),
    );
    seen.norms = Array.from(squares.dataSync(), Math.sqrt);
  });
  seen.weights = Object.fromEntries(
    [...await model.parameters.read()].map(([name, { data }]) => [name, Array.from(data)]),
  );
  for (const one of [optimizer, random, model.parameters]) one.dispose();
  return seen;
}

Deno.test("update() follows the gradient of one batch", () =>
  withDevice(async () => {
    assertEquals(await updated([[3, -6]], null), {
      weights: { a: [7, 26], b: [28], unreached: [40] },
      loss: 3 * 10 - 6 * 20 + 60,
      terms: { product: -90, double: 60 },
      norms: [Math.sqrt(45), 2],
    });
  }));

Deno.test("update() averages loss, terms and gradients over accumulated batches", () =>
  withDevice(async () => {
    // as one batch of three rows: mean row (2, 4)
    assertEquals(await updated([[3, 6], [1, 2], [2, 4]], null), {
      weights: { a: [8, 16], b: [28], unreached: [40] },
      loss: 2 * 10 + 4 * 20 + 60,
      terms: { product: 100, double: 60 },
      norms: [Math.sqrt(20), 2],
    });
  }));

Deno.test("update() clips the norm over all gradients as clip_grad_norm_ does, after averaging", () =>
  withDevice(async () => {
    // averaged gradients (4, 4) and 2: norm 6; the factor is 3 / (6 + 1e-6)
    const { weights, norms } = await updated([[8, 0], [0, 8]], 3);
    assertEquals(norms, [Math.sqrt(32), 2], "the norms are those before clipping");
    const factor = 3 / (6 + 1e-6);
    // float32 of numbers up to 30
    assertAlmostEquals(weights.a[0], 10 - 4 * factor, 2e-6);
    assertAlmostEquals(weights.a[1], 20 - 4 * factor, 2e-6);
    assertAlmostEquals(weights.b[0], 30 - 2 * factor, 2e-6);
  }));

Deno.test("update() leaves gradients below the norm as they are", () =>
  withDevice(async () => {
    const { weights } = await updated([[4, 4]], 6.5);
    assertEquals(weights, { a: [6, 16], b: [28], unreached: [40] });
  }));
