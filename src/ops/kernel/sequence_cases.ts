/** The kernels over snippets in their order, and the random ones, against plain loops, for the self-test. */

import "../perturbed_top_k/op.ts";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../random.ts";
import { bagMax } from "../bag_max/op.ts";
import { binaryCrossEntropy } from "../binary_cross_entropy/op.ts";
import { runKernel, runKernels } from "./kernel.ts";
import { type CaseSizes, FLOAT_TOLERANCE, type KernelCase, numbers } from "./kernel_case.ts";
import { linear } from "../linear/op.ts";
import { linearReference } from "../linear/reference.ts";
import { bagMaxReference } from "../bag_max/reference.ts";
import { binaryCrossEntropyReference } from "../binary_cross_entropy/reference.ts";
import { gatherSnippetsReference, scatterSnippetsReference } from "../top_k/reference.ts";
import { temporalConvGradientReference } from "../temporal_conv/reference.ts";
import { dropout, hostNormal, normal, uniform } from "../random_values/op.ts";
import {
  perturbedTopKGradientReference,
  perturbedTopKReference,
} from "../perturbed_top_k/reference.ts";
import { temporalConv } from "../temporal_conv/op.ts";
import { temporalConvReference } from "../temporal_conv/reference.ts";
import { gatherSnippets, topKIndices } from "../top_k/op.ts";
import { topKIndicesReference } from "../top_k/reference.ts";
import { topKMask } from "../top_k_mask/op.ts";
import { topKMaskReference } from "../top_k_mask/reference.ts";

/** Convolution, selection, scores and random numbers. */
export function sequenceCases(sizes: CaseSizes): KernelCase[] {
  return [
    ...convolutionCases(sizes),
    ...selectionCases(sizes),
    ...perturbedCases(sizes),
    ...scoreCases(sizes),
    ...randomCases(sizes),
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
    name: "WsvadTopKMask",
    tolerance: 0,
    expected: [topKMaskReference(values, [B, T], k)],
    run: () => [topKMask(tf.tensor(values, [B, T]), k)],
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

function perturbedCases({ B, N, T, k }: CaseSizes): KernelCase[] {
  const n = 2 * N + 1, sigma = 0.05;
  const shape: [number, number, number] = [B, n, T];
  const scores = numbers("scores", B * T), slope = numbers("slope", B * T);
  const noise = numbers("noise", B * n * T);
  const { frequency, chosen } = perturbedTopKReference(scores, noise, shape, { k, sigma });
  return [{
    name: "WsvadPerturbedTopK",
    tolerance: FLOAT_TOLERANCE,
    expected: [frequency, chosen],
    run: () =>
      runKernels("WsvadPerturbedTopK", {
        scores: tf.tensor(scores, [B, T]),
        noise: tf.tensor(noise, shape),
      }, { k, sigma }),
  }, {
    name: "WsvadPerturbedTopKGradient",
    tolerance: FLOAT_TOLERANCE,
    expected: [perturbedTopKGradientReference(slope, noise, chosen, shape, sigma)],
    run: () => [
      runKernel("WsvadPerturbedTopKGradient", {
        slope: tf.tensor(slope, [B, T]),
        noise: tf.tensor(noise, shape),
        chosen: tf.tensor(Float32Array.from(chosen), shape),
      }, { sigma }),
    ],
  }];
}

function scoreCases({ B, T }: CaseSizes): KernelCase[] {
  const scores = numbers("scores", B * T).map(Math.abs);
  scores[0] = 1; // log(1 - p) meets its floor
  const targets = Float32Array.from(scores, (_, i) => i % 2);
  return [{
    name: "WsvadBagMax",
    tolerance: 0,
    expected: [bagMaxReference(scores, [B, T])],
    run: () => [bagMax(tf.tensor(scores, [B, T]))],
  }, {
    name: "WsvadBinaryCrossEntropy",
    tolerance: FLOAT_TOLERANCE,
    expected: [[binaryCrossEntropyReference(scores, targets)]],
    run: () => [binaryCrossEntropy(tf.tensor1d(scores), tf.tensor1d(targets))],
  }];
}

function randomCases({ B, T, C, O }: CaseSizes): KernelCase[] {
  const seed = 0x1234567890, stream = 0xFEDCBA98, step = 41, rate = 0.7;
  const size = B * T * C;
  const uniforms = (count: number) => {
    const random = new Random(seed, stream, step);
    return Float32Array.from({ length: count }, () => random.uniform());
  };
  const u = uniforms(size), v = uniforms(B * T * O);
  const x = numbers("x", size), weight = numbers("weight", O * C), bias = numbers("bias", O);
  const scale = Math.fround(1 / (1 - rate));
  const state = () =>
    tf.tensor1d(Int32Array.of(seed >>> 0, Math.floor(seed / 2 ** 32), step, 0), "int32");
  return [{
    name: "WsvadUniform",
    tolerance: 0,
    expected: [u],
    run: () => [uniform(state(), [B, T, C], stream)],
  }, {
    name: "WsvadNormal",
    tolerance: FLOAT_TOLERANCE,
    expected: [hostNormal([seed >>> 0, Math.floor(seed / 2 ** 32), step], stream, size)],
    run: () => [normal(state(), [B, T, C], stream)],
  }, {
    name: "WsvadDropout",
    tolerance: 0,
    expected: [x.map((value, i) => value * (u[i] >= rate ? scale : 0))],
    run: () => [dropout(tf.tensor(x, [B, T, C]), { rate, state: state(), stream })],
  }, {
    name: "WsvadLinearDropout relu",
    tolerance: FLOAT_TOLERANCE,
    expected: [
      linearReference(x, weight, bias, [B * T, C, O], "relu").map((value, i) =>
        value * (v[i] >= rate ? scale : 0)
      ),
    ],
    run: () => [
      linear(
        tf.tensor(x, [B * T, C]),
        tf.tensor(weight, [O, C]),
        tf.tensor1d(bias),
        "relu",
        { rate, state: state(), stream },
      ),
    ],
  }];
}
