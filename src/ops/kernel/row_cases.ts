/** The kernels over rows against their plain loops, for the self-test. */

import * as tf from "@tensorflow/tfjs";
import { activationGradient } from "../activation/op.ts";
import { batchNormTrain } from "../batch_norm/op.ts";
import { batchNormReference } from "../batch_norm/reference.ts";
import { columnSum } from "../column_sum/op.ts";
import { cropMean } from "../crop_mean/op.ts";
import { runKernel, runKernels } from "./kernel.ts";
import { type CaseSizes, FLOAT_TOLERANCE, type KernelCase, numbers } from "./kernel_case.ts";
import { l2Norm } from "../l2_norm/op.ts";
import { l2NormReference } from "../l2_norm/reference.ts";
import { linear } from "../linear/op.ts";
import { linearReference } from "../linear/reference.ts";
import { sumSquares } from "../optimizer_step/op.ts";
import { moveRunning } from "../running_average/op.ts";
import { softmax } from "../softmax/op.ts";
import { softmaxReference } from "../softmax/reference.ts";
import { activationGradientReference } from "../activation/reference.ts";
import { batchNormGradientReference } from "../batch_norm/reference.ts";
import { columnSumReference } from "../column_sum/reference.ts";
import { cropMeanGradientReference, cropMeanReference } from "../crop_mean/reference.ts";
import { l2NormGradientReference } from "../l2_norm/reference.ts";
import { quickGelu } from "../quick_gelu/op.ts";
import { quickGeluGradientReference, quickGeluReference } from "../quick_gelu/reference.ts";
import { squaredNorm } from "../squared_norm/op.ts";

/** Rows are the snippets of all crops, M = B N T. */
export function rowCases({ B, N, T, C, O }: CaseSizes): KernelCase[] {
  const M = B * N * T;
  const x = numbers("x", M * C), dy = numbers("dy", M * C);
  const weight = numbers("weight", O * C), bias = numbers("bias", O);
  const gamma = numbers("gamma", C), beta = numbers("beta", C);
  const withZeroRow = x.map((value, i) => i < C ? 0 : value);
  const epsilon = 1e-5;
  const norm = batchNormReference(x, gamma, beta, [M, C], epsilon);
  const normGradient = batchNormGradientReference(dy, x, gamma, norm, [M, C], epsilon);
  const norms = l2NormReference(withZeroRow, [M, C]), normSlopes = numbers("norm slopes", M);
  const rows = () => tf.tensor(x, [M, C]), slopes = () => tf.tensor(dy, [M, C]);
  const float = (name: string, expected: ArrayLike<number>[], run: () => tf.Tensor[]) => ({
    name,
    tolerance: FLOAT_TOLERANCE,
    expected,
    run,
  });
  return [
    ...(["none", "relu", "sigmoid"] as const).map((activation) =>
      float(
        `WsvadLinear ${activation}`,
        [linearReference(x, weight, bias, [M, C, O], activation)],
        () => [linear(rows(), tf.tensor(weight, [O, C]), tf.tensor1d(bias), activation)],
      )
    ),
    ...(["relu", "sigmoid"] as const).map((activation) =>
      float(
        `WsvadActivationGradient ${activation}`,
        [activationGradientReference(dy, x, activation)],
        () => [activationGradient(slopes(), rows(), activation)],
      )
    ),
    ...softmaxCases(B, N * T, C),
    float("WsvadQuickGelu", [quickGeluReference(x)], () => [quickGelu(rows())]),
    float("WsvadQuickGeluGrad", [quickGeluGradientReference(dy, x)], () => [
      runKernel("WsvadQuickGeluGrad", { dy: slopes(), x: rows() }),
    ]),
    float("WsvadColumnSum", [columnSumReference(x, [M, C])], () => [columnSum(rows())]),
    float("WsvadL2Norm", [norms], () => [l2Norm(tf.tensor(withZeroRow, [M, C]))]),
    float(
      "WsvadL2NormGradient",
      [l2NormGradientReference(withZeroRow, norms, normSlopes, C)],
      () => [
        runKernel("WsvadL2NormGradient", {
          x: tf.tensor(withZeroRow, [M, C]),
          norm: tf.tensor1d(Float32Array.from(norms)),
          dy: tf.tensor1d(normSlopes),
        }),
      ],
    ),
    float(
      "WsvadSquaredNorm",
      [[x.reduce((sum, value) => sum + value * value, 0)]],
      () => [squaredNorm(rows())],
    ),
    float(
      "WsvadSumSquares",
      [[x, dy, gamma].map((values) => values.reduce((sum, value) => sum + value * value, 0))],
      () => [sumSquares([rows(), slopes(), tf.tensor1d(gamma)])],
    ),
    float("WsvadCropMean", [cropMeanReference(x, [B, N, T * C])], () => [
      cropMean(tf.tensor(x, [B, N, T, C])),
    ]),
    float("WsvadCropMeanGradient", [cropMeanGradientReference(dy, [B, N, T * C])], () => [
      runKernel("WsvadCropMeanGradient", {
        dy: tf.tensor(dy.subarray(0, B * T * C), [B, T, C]),
      }, { crops: N }),
    ]),
    float("WsvadBatchNormTrain", [norm.y, norm.mean, norm.variance], () => {
      const { y, mean, variance } = batchNormTrain(
        rows(),
        tf.tensor1d(gamma),
        tf.tensor1d(beta),
        epsilon,
      );
      return [y, mean, variance];
    }),
    float(
      "WsvadBatchNormGrad",
      [normGradient.dx, normGradient.dgamma, normGradient.dbeta],
      () =>
        runKernels("WsvadBatchNormGrad", {
          dy: slopes(),
          x: rows(),
          gamma: tf.tensor1d(gamma),
          mean: tf.tensor1d(Float32Array.from(norm.mean)),
          variance: tf.tensor1d(Float32Array.from(norm.variance)),
        }, { epsilon }),
    ),
    float(
      "WsvadRunningAverage",
      [Float64Array.from(beta, (value, i) => value * 0.9 + gamma[i] * 0.1)],
      () => {
        const running = tf.variable(tf.tensor1d(beta));
        moveRunning(running, tf.tensor1d(gamma), 0.9, 0.1);
        const moved = tf.clone(running);
        running.dispose();
        return [moved];
      },
    ),
    float(
      "WsvadScaleShift",
      [Float64Array.from(x, (value, i) => value * gamma[i % C] + beta[i % C])],
      () => [
        runKernel("WsvadScaleShift", {
          x: rows(),
          scale: tf.tensor1d(gamma),
          shift: tf.tensor1d(beta),
        }),
      ],
    ),
  ];
}

/** B groups of `each` rows of S values. */
function softmaxCases(B: number, each: number, S: number): KernelCase[] {
  const M = B * each;
  const x = numbers("logits", M * S).map((value) => 8 * value), dy = numbers("dy", M * S);
  const lengths = Array.from({ length: B }, (_, b) => 1 + 5 * b % S);
  const y = softmaxReference(x, [M, S]);
  const dx = new Float64Array(M * S);
  for (let m = 0; m < M; m++) {
    let sum = 0;
    for (let i = m * S; i < (m + 1) * S; i++) sum += dy[i] * y[i];
    for (let i = m * S; i < (m + 1) * S; i++) dx[i] = y[i] * (dy[i] - sum);
  }
  const logits = () => tf.tensor(x, [M, S]);
  const tolerance = FLOAT_TOLERANCE;
  return [{
    ...{ name: "WsvadSoftmax", tolerance, expected: [y] },
    run: () => [softmax(logits())],
  }, {
    ...{ name: "WsvadSoftmax lengths", tolerance },
    expected: [softmaxReference(x, [M, S], lengths)],
    run: () => [softmax(logits(), tf.tensor1d(lengths, "int32"))],
  }, {
    ...{ name: "WsvadSoftmaxGrad", tolerance, expected: [dx] },
    run: () => [
      runKernel("WsvadSoftmaxGrad", {
        dy: tf.tensor(dy, [M, S]),
        y: tf.tensor(Float32Array.from(y), [M, S]),
      }),
    ],
  }];
}
