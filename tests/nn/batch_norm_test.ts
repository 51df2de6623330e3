import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { batchNorm } from "../../src/nn/batch_norm.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart, withPart } from "../support/one_part.ts";
import { batchNormed, rowsOf } from "../support/plain_layers.ts";

onCpu("batchNorm() takes each channel by the moments of the batch in training", () => {
  checkPart(
    (scope) => {
      const normalise = batchNorm(scope, "bn", 3);
      return ({ x }, context) => normalise(x, context);
    },
    { x: randomTensor([2, 4, 3], 9) },
    (of) => batchNormed(rowsOf(of.x, 3), of["bn.weight"], of["bn.bias"]).flat(),
    { mode: "train" },
  );
});

onCpu("batchNorm() takes it by the running statistics in evaluation", () => {
  checkPart(
    (scope) => {
      const normalise = batchNorm(scope, "bn", 3, { epsilon: 0.1 });
      return ({ x }, context) => normalise(x, context);
    },
    { x: randomTensor([2, 4, 3], 9) },
    (of) =>
      batchNormed(rowsOf(of.x, 3), of["bn.weight"], of["bn.bias"], {
        epsilon: 0.1,
        mean: of["bn.running_mean"],
        variance: of["bn.running_var"],
      }).flat(),
    { sloped: false },
  );
});

onCpu("batchNorm() moves its running statistics by the momentum, the variance unbiased", () => {
  withPart(
    (scope) => batchNorm(scope, "bn", 1, { momentum: 0.25 }),
    (normalise, context, scope) => {
      normalise.runningMean.assign(tf.tensor1d([8]));
      normalise.runningVariance.assign(tf.tensor1d([4]));
      const x = tf.tensor2d([[1], [3], [5], [7]]); // mean 4, squares 9 + 1 + 1 + 9
      normalise(x, context("eval"));
      const stored = () =>
        ["bn.running_mean", "bn.running_var"].map((name) => scope.numbers()[name][0]);
      assertEquals(stored(), [8, 4]);
      normalise(x, context("train"));
      const [mean, variance] = stored();
      assertAlmostEquals(mean, 0.75 * 8 + 0.25 * 4, 1e-6);
      assertAlmostEquals(variance, 0.75 * 4 + 0.25 * 20 / 3, 1e-6);
    },
  );
});
