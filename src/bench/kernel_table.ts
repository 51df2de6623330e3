/** The kernels that a bench times, each at sizes that methods really have. */

import * as tf from "@tensorflow/tfjs";
import { runKernels } from "../ops/kernel/kernel.ts";
import { HYPER_LENGTH, optimizerStep } from "../ops/optimizer_step/op.ts";
import { attention } from "../ops/attention/op.ts";
import { Random } from "../random.ts";

/** Sizes of a bench: R rows (videos x crops) of T snippets and C channels, O outputs, B videos, P parameters. */
export interface KernelSizes {
  R: number;
  T: number;
  C: number;
  O: number;
  B: number;
  P: number;
}

/** RTFM's batch of four videos a side at half of I3D's channels; a whole transformer layer's parameters. */
export const REALISTIC: KernelSizes = { R: 80, T: 32, C: 1024, O: 512, B: 8, P: 4_000_000 };
export const QUICK: KernelSizes = { R: 8, T: 32, C: 128, O: 64, B: 4, P: 100_000 };

export interface KernelBench {
  /** As doctor names it: "WsvadLinear relu". */
  name: string;
  /** Shapes; the values are uniform in [0, 1), integers as given. */
  inputs: Record<string, number[] | Int32Array>;
  /** Multiplications and additions; 0 where memory decides. */
  flops: number;
  run(inputs: Record<string, tf.Tensor>): tf.Tensor | tf.Tensor[] | void;
  /** The same in tfjs's own operations, where the kernel's composed form would not do. */
  stock?(inputs: Record<string, tf.Tensor>): tf.Tensor;
  /** Inputs that are changed in place. */
  variables?: string[];
}

type Work = Pick<KernelBench, "name" | "inputs"> & { attributes?: Record<string, unknown> };

/** All of them. */
export function kernelTable(sizes: KernelSizes): KernelBench[] {
  return [
    ...productTable(sizes),
    ...rowTable(sizes),
    ...graphTable(sizes),
    ...selectionTable(sizes),
    ...randomTable(sizes),
    ...updateTable(sizes),
  ];
}

function kernel({ name, inputs, attributes = {} }: Work, flops = 0): KernelBench {
  const [kernelName] = name.split(" ");
  return { name, inputs, flops, run: (tensors) => runKernels(kernelName, tensors, attributes) };
}

function productTable({ R, T, C, O }: KernelSizes): KernelBench[] {
  const M = R * T, K = 3, E = 64, heads = Math.max(1, O / E);
  const linear = { x: [M, C], weight: [O, C], bias: [O] };
  const flops = 2 * M * C * O;
  const attentionFlops = 4 * R * T * T * O;
  const qkv = { q: [R, T, O], k: [R, T, O], v: [R, T, O] };
  const attend = ({ q, k, v }: Record<string, tf.Tensor>) =>
    attention(q, k, v, E ** -0.5, { heads });
  return [
    kernel({ name: "WsvadLinear relu", inputs: linear, attributes: { activation: "relu" } }, flops),
    {
      ...kernel({
        name: "WsvadLinearDropout relu",
        inputs: { ...linear, state: Int32Array.of(1, 2, 3, 0) },
        attributes: { activation: "relu", rate: 0.5, stream: 7 },
      }, flops),
      stock: ({ x, weight, bias }) =>
        tf.dropout(
          tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias)),
          0.5,
        ),
    },
    kernel({
      name: "WsvadTemporalConv",
      inputs: { x: [R, T, C], weight: [O, C, K], bias: [O] },
      attributes: { dilation: 1, activation: "relu" },
    }, K * flops),
    kernel({
      name: "WsvadTemporalConvGradInput",
      inputs: { dz: [R, T, O], weight: [O, C, K] },
      attributes: { dilation: 1 },
    }, K * flops),
    kernel({
      name: "WsvadTemporalConvGradWeight",
      inputs: { x: [R, T, C], dz: [R, T, O] },
      attributes: { dilation: 1, kernelSize: K },
    }, K * flops),
    { name: "WsvadAttention", inputs: qkv, flops: attentionFlops, run: attend },
    {
      name: "WsvadAttention forward and gradient",
      inputs: qkv,
      flops: 3.5 * attentionFlops, // 5 products backward, one of them the scores again, 2 forward
      run: ({ q, k, v }) => tf.grads((q, k, v) => tf.sum(attend({ q, k, v })))([q, k, v]),
    },
  ];
}

function rowTable({ R, T, C, B }: KernelSizes): KernelBench[] {
  const M = R * T, x = [M, C], wide = [R, T, C], channel = [C];
  const norm = { x, gamma: channel, beta: channel };
  const slope = { dy: x, x, gamma: channel };
  const epsilon = 1e-5, groups = 8, crops = R / B;
  const works: Work[] = [
    { name: "WsvadBatchNormTrain", inputs: norm, attributes: { epsilon } },
    {
      name: "WsvadBatchNormGrad",
      inputs: { ...slope, mean: channel, variance: channel },
      attributes: { epsilon },
    },
    { name: "WsvadLayerNorm", inputs: norm, attributes: { epsilon } },
    { name: "WsvadLayerNormGrad", inputs: slope, attributes: { epsilon } },
    { name: "WsvadChannelNorm", inputs: norm, attributes: { epsilon, guard: true } },
    { name: "WsvadChannelNormGrad", inputs: slope, attributes: { epsilon, guard: true } },
    {
      name: "WsvadGroupNorm relu",
      inputs: { ...norm, x: wide },
      attributes: { groups, epsilon, activation: "relu" },
    },
    {
      name: "WsvadGroupNormGrad",
      inputs: { dz: wide, x: wide, gamma: channel },
      attributes: { groups, epsilon },
    },
    { name: "WsvadSoftmax", inputs: { x } },
    { name: "WsvadSoftmaxGrad", inputs: { dy: x, y: x } },
    { name: "WsvadGelu", inputs: { x } },
    { name: "WsvadGeluGrad", inputs: { dy: x, x } },
    {
      name: "WsvadActivationGradient relu",
      inputs: { dy: x, y: x },
      attributes: { activation: "relu" },
    },
    { name: "WsvadColumnSum", inputs: { x } },
    { name: "WsvadL2Norm", inputs: { x } },
    { name: "WsvadL2NormGradient", inputs: { x, norm: [M], dy: [M] } },
    { name: "WsvadCropMean", inputs: { x: [B, crops, T, C] }, attributes: { crops } },
    { name: "WsvadCropMeanGradient", inputs: { dy: [B, T, C] }, attributes: { crops } },
    { name: "WsvadSharedConv", inputs: { x: wide, weight: [8, 5], bias: [8] } },
    {
      name: "WsvadSharedConvGradWeight",
      inputs: { x: wide, dy: wide },
      attributes: { kernels: 8, kernelSize: 5 },
    },
    { name: "WsvadDistanceDecay", inputs: { x: wide }, attributes: { scale: Math.E } },
    { name: "WsvadSumSquares", inputs: { g0: x, g1: channel } },
  ];
  return works.map((work) => kernel(work));
}

/** A graph convolution of VadCLIP's length: weights between the snippets, and the sums over the neighbours. */
function graphTable({ T, O, B }: KernelSizes): KernelBench[] {
  const snippets = 8 * T, x = [B, snippets, O], graph = [B, snippets, snippets];
  const lengths = new Int32Array(B).fill(snippets), attributes = { threshold: 0.7 };
  const product = 2 * B * snippets * snippets * O;
  return [
    kernel({ name: "WsvadSimilarityGraph", inputs: { x, lengths }, attributes }, product),
    kernel({
      name: "WsvadSimilarityGraphGrad",
      inputs: { dy: graph, x, lengths, graph },
      attributes,
    }, 2 * product), // the products of the snippets again, and one with their slopes
    kernel({ name: "WsvadGraphProduct", inputs: { graph, x, residual: x } }, product),
  ];
}

function selectionTable({ R, T, C, B }: KernelSizes): KernelBench[] {
  const N = R / B, k = 3;
  const index = Int32Array.from({ length: B * k }, (_, i) => i * 7 % T);
  const works: Work[] = [
    { name: "WsvadTopKIndices", inputs: { values: [B, T] }, attributes: { k } },
    { name: "WsvadTopKMask", inputs: { values: [R, T] }, attributes: { k } },
    {
      name: "WsvadPerturbedTopK",
      inputs: { scores: [R, T], noise: [R, 100, T] },
      attributes: { k, sigma: 0.05 },
    },
    { name: "WsvadGatherSnippets", inputs: { features: [B, N, T, C], index } },
    {
      name: "WsvadScatterSnippets",
      inputs: { dy: [B, N, k, C], index },
      attributes: { snippets: T },
    },
  ];
  return works.map((work) => kernel(work));
}

/** tfjs draws on the host: another generator, and a copy to a GPU. */
function randomTable({ R, T, C }: KernelSizes): KernelBench[] {
  const shape: [number, number] = [R * T, C], state = Int32Array.of(1, 2, 3, 0);
  const drawing = { shape, stream: 7 }, dropping = { rate: 0.5, stream: 7 };
  return [
    {
      ...kernel({ name: "WsvadDropout", inputs: { x: shape, state }, attributes: dropping }),
      stock: ({ x }) => tf.dropout(x, dropping.rate),
    },
    {
      ...kernel({ name: "WsvadUniform", inputs: { state }, attributes: drawing }),
      stock: () => tf.randomUniform(shape),
    },
    {
      ...kernel({ name: "WsvadNormal", inputs: { state }, attributes: drawing }),
      stock: () => tf.randomNormal(shape),
    },
  ];
}

function updateTable({ P }: KernelSizes): KernelBench[] {
  const update = (
    name: "WsvadAdam" | "WsvadAdagrad" | "WsvadSgd",
    states: string[],
  ): KernelBench => {
    const variables = ["parameter", ...states];
    const shapes = Object.fromEntries([...variables, "gradient"].map((each) => [each, [P]]));
    return {
      name,
      inputs: { ...shapes, hyper: [HYPER_LENGTH], scale: [1] },
      variables,
      flops: 0,
      run: ({ gradient, hyper, scale, ...rest }) =>
        optimizerStep(name, rest as Record<string, tf.Variable>, { gradient, hyper, scale }, {
          decoupled: false,
        }),
    };
  };
  return [
    update("WsvadAdam", ["m", "v"]),
    update("WsvadAdagrad", ["accumulator"]),
    update("WsvadSgd", ["velocity"]),
  ];
}

/** The inputs on the device; the caller disposes them. */
export function inputsOf({ inputs, variables = [] }: KernelBench): Record<string, tf.Tensor> {
  const tensors: Record<string, tf.Tensor> = {};
  for (const [name, given] of Object.entries(inputs)) {
    const tensor = given instanceof Int32Array
      ? tf.tensor(given, name === "index" ? [given.length / 3, 3] : [given.length], "int32")
      : tf.tensor(uniform(name, tf.util.sizeFromShape(given)), given);
    tensors[name] = variables.includes(name) ? tf.variable(tensor, false) : tensor;
    if (tensors[name] !== tensor) tensor.dispose();
  }
  return tensors;
}

/** Bytes that a kernel must move at least: every input and output once, variables both ways. */
export function bytesMoved(
  { variables = [] }: KernelBench,
  inputs: Record<string, tf.Tensor>,
  outputs: tf.Tensor[],
): number {
  const sizes = [...Object.values(inputs), ...variables.map((name) => inputs[name]), ...outputs];
  return 4 * sizes.reduce((sum, { size }) => sum + size, 0);
}

/** Values drawn; the rest repeats them. */
const DRAWN = 1 << 16;

function uniform(name: string, size: number): Float32Array {
  const random = new Random(0, name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = i < DRAWN ? random.uniform() : values[i - DRAWN];
  return values;
}
