import * as tf from "@tensorflow/tfjs";
import { assert } from "@std/assert";
import { openDevice } from "../../src/ops/open_device.ts";
import { batchNormTrain } from "../../src/ops/batch_norm/op.ts";
import { channelNorm } from "../../src/ops/channel_norm/op.ts";
import { cropMean } from "../../src/ops/crop_mean/op.ts";
import { distanceDecay } from "../../src/ops/distance_decay/op.ts";
import { dualBranchAttention } from "../../src/ops/dual_branch_attention/op.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { l2Norm } from "../../src/ops/l2_norm/op.ts";
import { linear } from "../../src/ops/linear/op.ts";
import { dropout } from "../../src/ops/random_values/op.ts";
import { squaredNorm } from "../../src/ops/squared_norm/op.ts";
import { temporalConv } from "../../src/ops/temporal_conv/op.ts";
import { gatherSnippets } from "../../src/ops/top_k/op.ts";
import { topKMean } from "../../src/ops/top_k_mask/op.ts";
import { hasAdapter } from "../support/gpu.ts";

const ignore = !hasAdapter;
const gpu = ignore ? null : await openDevice({ device: "webgpu" });

const tensor = (name: string, shape: number[]) =>
  tf.tensor(numbers(name, tf.util.sizeFromShape(shape)), shape);

interface Differentiable {
  name: string;
  inputs: number[][];
  op: (...inputs: tf.Tensor[]) => tf.Tensor;
}

const state = () => tf.tensor1d([7, 0, 3, 0], "int32");
const ops: Differentiable[] = [
  {
    name: "linear",
    inputs: [[37, 13], [5, 13], [5]],
    op: (x, w, b) => linear(x, w, b, "sigmoid"),
  },
  {
    name: "temporalConv",
    inputs: [[3, 11, 7], [5, 7, 3], [5]],
    op: (x, w, b) => temporalConv(x, w, b, { dilation: 2, activation: "sigmoid" }),
  },
  {
    name: "batchNormTrain",
    inputs: [[300, 7], [7], [7]],
    op: (x, gamma, beta) => batchNormTrain(x, gamma, beta, 1e-5).y,
  },
  { name: "cropMean", inputs: [[2, 3, 5, 7]], op: cropMean },
  { name: "l2Norm", inputs: [[37, 13]], op: l2Norm },
  { name: "squaredNorm", inputs: [[37, 13]], op: squaredNorm },
  {
    name: "dropout",
    inputs: [[37, 13]],
    op: (x) => dropout(x, { rate: 0.6, state: state(), stream: 9 }),
  },
  { name: "topKMean", inputs: [[37, 13]], op: (x) => topKMean(tf.add(x, tf.range(0, 39, 3)), 4) }, // no ties near
  { name: "distanceDecay", inputs: [[2, 419, 3]], op: (x) => distanceDecay(x, Math.E) },
  { name: "dualBranchAttention", inputs: [[2, 11, 24]], op: (x) => dualBranchAttention(x, 2) },
  {
    name: "gatherSnippets",
    inputs: [[2, 3, 11, 7]],
    op: (x) => gatherSnippets(x, tf.tensor2d([[3, 3, 10], [0, 5, 4]], [2, 3], "int32")),
  },
];

for (const { name, inputs, op } of ops) {
  Deno.test({
    name: `the gradient of ${name} on webgpu is the slope along random directions`,
    ignore,
    async fn() {
      const before = tf.memory().numTensors;
      const step = 1e-2;
      for (let which = 0; which < inputs.length; which++) {
        const [predicted, measured] = tf.tidy(() => {
          const at = inputs.map((shape, i) => tensor(`${name} ${i}`, shape));
          const loss = (x: tf.Tensor) => {
            const y = op(...at.map((each, i) => i === which ? x : each));
            return tf.sum(tf.mul(y, tensor("weights of the loss", y.shape)));
          };
          const direction = tensor("direction", inputs[which]);
          const along = (sign: number) => loss(tf.add(at[which], tf.mul(direction, sign * step)));
          const slope = tf.div(tf.sub(along(1), along(-1)), 2 * step);
          return [tf.sum(tf.mul(tf.grad(loss)(at[which]), direction)), slope];
        });
        const [p, m] = (await Promise.all([predicted.data(), measured.data()])).map(([v]) => v);
        tf.dispose([predicted, measured]);
        // Central differences in float32: curvature at step 1e-2 and rounding, about 1e-3 each.
        assert(Math.abs(p - m) <= 5e-3 * Math.max(1, Math.abs(m)), `input ${which}: ${p} for ${m}`);
      }
      assert(tf.memory().numTensors === before, "no tensor is left over");
    },
  });
}

Deno.test({
  name:
    "channelNorm has no slope at equal channels on webgpu: NaN, and 0 with guard; other rows keep theirs",
  ignore,
  async fn() {
    const weights = tensor("weights", [3, 8]);
    const slopes = async (guard: boolean) => {
      const gradient = tf.tidy(() => {
        const x = tf.concat([tensor("x", [1, 8]), tf.fill([1, 8], 2.5), tensor("x", [1, 8])], 0);
        const norm = (x: tf.Tensor) => channelNorm(x, tf.ones([8]), tf.zeros([8]), { guard });
        return tf.grad((x) => tf.sum(tf.mul(norm(x), weights)))(x);
      });
      const values = await gradient.data();
      gradient.dispose();
      return [0, 1, 2].map((row) => [...values.subarray(8 * row, 8 * row + 8)]);
    };
    const [free, guarded] = [await slopes(false), await slopes(true)];
    weights.dispose();
    assert(free[1].every(Number.isNaN), `${free[1]}`);
    assert(guarded[1].every(Number.isFinite), `${guarded[1]}`);
    for (const row of [0, 2]) {
      assert(free[row].every((value, i) => Object.is(value, guarded[row][i])), `row ${row}`);
      assert(free[row].some((value) => Math.abs(value) > 1e-3), `row ${row} is 0`);
    }
  },
});

Deno.test({
  name: "the webgpu device of the gradient tests closes",
  ignore,
  async fn() {
    await gpu!.close();
  },
});
