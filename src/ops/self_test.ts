/**
 * Every kernel of ours against its plain double-precision loop, on the current device. Tests run the
 * cases at many sizes, `wsvad doctor` at one.
 */

import * as tf from "@tensorflow/tfjs";
import { Random } from "../random.ts";
import { activationGradient } from "./activation.ts";
import { batchNormReference, batchNormTrain } from "./batch_norm.ts";
import { columnSum } from "./column_sum.ts";
import { cropMean } from "./crop_mean.ts";
import { runKernel, runKernels } from "./kernel.ts";
import { type KernelCase, numbers } from "./kernel_case.ts";
import { l2Norm, l2NormReference } from "./l2_norm.ts";
import { linear, linearReference } from "./linear.ts";
import { optimizerCases } from "./optimizer_cases.ts";
import { sumSquares } from "./optimizer_step.ts";
import {
  activationGradientReference,
  batchNormGradientReference,
  columnSumReference,
  cropMeanReference,
  gatherSnippetsReference,
  scatterSnippetsReference,
} from "./plain_loops.ts";
import { dropout, uniform } from "./random_values.ts";
import { squaredNorm } from "./squared_norm.ts";
import { temporalConv, temporalConvReference } from "./temporal_conv.ts";
import { gatherSnippets, topKIndices, topKIndicesReference } from "./top_k.ts";

/** Sizes of the cases: videos, crops, snippets, channels, outputs, and how many snippets are chosen. */
export interface CaseSizes {
  B: number;
  N: number;
  T: number;
  C: number;
  O: number;
  k: number;
}

/** What a case came to. */
export interface CaseResult {
  name: string;
  /** Largest error relative to the largest expected value; NaN where a value is not a number. */
  error: number;
  tolerance: number;
  passed: boolean;
}

/** Sums of up to some ten thousand float32 terms, and the exp, sqrt and division of GPUs. */
const FLOAT_TOLERANCE = 1e-5;

/** The cases at one choice of sizes. */
export function kernelCases(sizes: CaseSizes): KernelCase[] {
  return [
    ...rowCases(sizes),
    ...convolutionCases(sizes),
    ...selectionCases(sizes),
    ...randomCases(sizes),
    ...optimizerCases(sizes.T * sizes.C),
  ];
}

function rowCases({ B, N, T, C, O }: CaseSizes): KernelCase[] {
  const M = B * N * T;
  const x = numbers("x", M * C), dy = numbers("dy", M * C);
  const weight = numbers("weight", O * C), bias = numbers("bias", O);
  const gamma = numbers("gamma", C), beta = numbers("beta", C);
  const epsilon = 1e-5;
  const norm = batchNormReference(x, gamma, beta, [M, C], epsilon);
  const normGradient = batchNormGradientReference(dy, x, gamma, norm, [M, C], epsilon);
  const norms = l2NormReference(x, [M, C]), normSlopes = numbers("norm slopes", M);
  const row = (i: number) => Math.floor(i / C);
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
    float("WsvadColumnSum", [columnSumReference(x, [M, C])], () => [columnSum(rows())]),
    float("WsvadL2Norm", [norms], () => [l2Norm(rows())]),
    float(
      "WsvadL2NormGradient",
      [Float64Array.from(x, (value, i) => value * normSlopes[row(i)] / norms[row(i)])],
      () => [
        runKernel("WsvadL2NormGradient", {
          x: rows(),
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
    float(
      "WsvadCropMeanGradient",
      [Float64Array.from(x, (_, i) => x[Math.floor(i / (N * T * C)) * T * C + i % (T * C)] / N)],
      () => [
        runKernel("WsvadCropMeanGradient", {
          dy: tf.tensor(x.subarray(0, B * T * C), [B, T, C]),
        }, { crops: N }),
      ],
    ),
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

function convolutionCases({ B, N, T, C, O }: CaseSizes): KernelCase[] {
  const R = B * N, K = 3;
  const x = numbers("x", R * T * C), dz = numbers("dz", R * T * O);
  const weight = numbers("taps", O * C * K), bias = numbers("bias", O);
  const cases: KernelCase[] = [];
  for (const dilation of [1, 2]) {
    const attributes = { dilation, activation: "relu" as const };
    const shape: [number, number, number, number, number] = [R, T, C, O, K];
    const inputs = () => ({ x: tf.tensor(x, [R, T, C]), weight: tf.tensor(weight, [O, C, K]) });
    const gradient = temporalConvGradientReference(x, weight, dz, shape, dilation);
    cases.push({
      name: `WsvadTemporalConv dilation ${dilation}`,
      tolerance: FLOAT_TOLERANCE,
      expected: [temporalConvReference(x, weight, bias, shape, attributes)],
      run: () => [temporalConv(inputs().x, inputs().weight, tf.tensor1d(bias), attributes)],
    }, {
      name: `WsvadTemporalConvGradInput dilation ${dilation}`,
      tolerance: FLOAT_TOLERANCE,
      expected: [gradient.dx],
      run: () => [
        runKernel("WsvadTemporalConvGradInput", {
          dz: tf.tensor(dz, [R, T, O]),
          weight: inputs().weight,
        }, { dilation }),
      ],
    }, {
      name: `WsvadTemporalConvGradWeight dilation ${dilation}`,
      tolerance: FLOAT_TOLERANCE,
      expected: [gradient.dweight],
      run: () => [
        runKernel("WsvadTemporalConvGradWeight", {
          x: inputs().x,
          dz: tf.tensor(dz, [R, T, O]),
        }, { dilation, kernelSize: K }),
      ],
    });
  }
  return cases;
}

function temporalConvGradientReference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  dz: ArrayLike<number>,
  [R, T, C, O, K]: [number, number, number, number, number],
  dilation: number,
): { dx: Float64Array; dweight: Float64Array } {
  const dx = new Float64Array(R * T * C), dweight = new Float64Array(O * C * K);
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < T; t++) {
      for (let k = 0; k < K; k++) {
        const from = t + (k - (K - 1) / 2) * dilation;
        if (from < 0 || from >= T) continue;
        for (let o = 0; o < O; o++) {
          const slope = dz[(r * T + t) * O + o];
          for (let c = 0; c < C; c++) {
            dx[(r * T + from) * C + c] += slope * weight[(o * C + c) * K + k];
            dweight[(o * C + c) * K + k] += slope * x[(r * T + from) * C + c];
          }
        }
      }
    }
  }
  return { dx, dweight };
}

function selectionCases({ B, N, T, C, k }: CaseSizes): KernelCase[] {
  const features = numbers("features", B * N * T * C), dy = numbers("chosen", B * N * k * C);
  // Few distinct values, so that ties are met.
  const values = numbers("values", B * T).map((value) => Math.round(value * 4));
  const index = Int32Array.from(
    numbers("index", B * k),
    (value) => Math.floor((value + 1) / 2 * T),
  );
  const shape: [number, number, number, number] = [B, N, T, C];
  return [{
    name: "WsvadTopKIndices",
    tolerance: 0,
    expected: [topKIndicesReference(values, [B, T], k)],
    run: () => [topKIndices(tf.tensor(values, [B, T]), k)],
  }, {
    name: "WsvadGatherSnippets",
    tolerance: 0,
    expected: [gatherSnippetsReference(features, index, shape, k)],
    run: () => [
      gatherSnippets(tf.tensor(features, shape), tf.tensor(index, [B, k], "int32")),
    ],
  }, {
    name: "WsvadScatterSnippets",
    tolerance: FLOAT_TOLERANCE,
    expected: [scatterSnippetsReference(dy, index, shape, k)],
    run: () => [
      runKernel("WsvadScatterSnippets", {
        dy: tf.tensor(dy, [B, N, k, C]),
        index: tf.tensor(index, [B, k], "int32"),
      }, { snippets: T }),
    ],
  }];
}

function randomCases({ B, T, C }: CaseSizes): KernelCase[] {
  const seed = 0x1234567890, stream = 0xFEDCBA98, step = 41, rate = 0.7;
  const size = B * T * C;
  const random = new Random(seed, stream, step);
  const u = Float32Array.from({ length: size }, () => random.uniform());
  const x = numbers("x", size);
  const scale = Math.fround(1 / (1 - rate));
  const state = () =>
    tf.tensor1d(Int32Array.of(seed >>> 0, Math.floor(seed / 2 ** 32), step, 0), "int32");
  return [{
    name: "WsvadUniform",
    tolerance: 0,
    expected: [u],
    run: () => [uniform(state(), [B, T, C], stream)],
  }, {
    name: "WsvadDropout",
    tolerance: 0,
    expected: [x.map((value, i) => value * (u[i] >= rate ? scale : 0))],
    run: () => [dropout(tf.tensor(x, [B, T, C]), state(), rate, stream)],
  }];
}

/** Runs the cases on the current device and reads all their results together. */
export async function runCases(cases: KernelCase[]): Promise<CaseResult[]> {
  const outputs = cases.map(({ run }) => tf.tidy(run));
  const read = await Promise.all(
    outputs.map((tensors) => Promise.all(tensors.map((tensor) => tensor.data()))),
  );
  tf.dispose(outputs);
  return cases.map(({ name, expected, tolerance }, i) => {
    const error = Math.max(...expected.map((values, j) => relativeError(read[i][j], values)));
    return { name, error, tolerance, passed: error <= tolerance };
  });
}

function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let error = 0, largest = 0;
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(found[i] - expected[i])); // NaN stays NaN
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return error === 0 ? 0 : error / Math.max(largest, Number.MIN_VALUE);
}
