/** Our own wasm module (kernels/cpu, AssemblyScript) on the memory of the wasm backend. */

import { shareMemory } from "./shared_memory.ts";
import moduleText from "../../../kernels/cpu/passes.wasm.b64" with { type: "text" };

/**
 * Exports of kernels/cpu/passes.ts, described there. Addresses are bytes on the heap; rows, columns and
 * counts are elements. An address of 0 stands for "none" where that is allowed.
 */
export interface Passes {
  gemmPanelBytes(): number;
  // deno-fmt-ignore
  gemm(
    transA: number, transB: number, m: number, n: number, k: number, alpha: number, a: number,
    lda: number, b: number, ldb: number, beta: number, c: number, ldc: number, panels: number,
    depth: number,
  ): void;

  biasActivation(y: number, bias: number, rows: number, columns: number, activation: number): void;
  activateInPlace(y: number, count: number, activation: number): void;
  // deno-fmt-ignore
  activationGradient(
    dy: number, y: number, dz: number, count: number, activation: number, scale: number,
  ): void;

  quickGelu(x: number, y: number, count: number): void;
  quickGeluGradient(dy: number, x: number, dx: number, count: number): void;

  // deno-fmt-ignore
  similarityRows(
    dots: number, norms: number, n: number, stride: number, threshold: number, graph: number,
  ): void;
  // deno-fmt-ignore
  similarityGradient(
    dots: number, norms: number, n: number, stride: number, threshold: number, graph: number,
    dy: number, share: number, shrink: number,
  ): void;
  subtractScaledRows(x: number, factors: number, n: number, columns: number, dx: number): void;

  /** weight [count, K] -> taps [K, count]. */
  splitTaps(weight: number, taps: number, count: number, K: number): void;
  joinTaps(taps: number, weight: number, count: number, K: number): void;

  gatherBlocks(x: number, step: number, blocks: number, bytes: number, dense: number): void;
  scatterBlocks(dense: number, x: number, step: number, blocks: number, bytes: number): void;
  clearBlocks(x: number, step: number, blocks: number, bytes: number): void;

  columnScratchBytes(columns: number): number;
  // deno-fmt-ignore
  columnSum(
    x: number, rows: number, columns: number, divisor: number, out: number, scratch: number,
  ): void;
  // deno-fmt-ignore
  columnVariance(
    x: number, mean: number, rows: number, columns: number, out: number, scratch: number,
  ): void;
  // deno-fmt-ignore
  columnProducts(
    dy: number, x: number, mean: number, rows: number, columns: number, sums: number,
    products: number, scratch: number,
  ): void;
  // deno-fmt-ignore
  stripSum(
    x: number, step: number, rows: number, columns: number, divisor: number, out: number,
    scratch: number,
  ): void;
  // deno-fmt-ignore
  stripVariance(
    x: number, step: number, mean: number, rows: number, columns: number, out: number,
    scratch: number,
  ): void;
  // deno-fmt-ignore
  stripProducts(
    dy: number, x: number, step: number, mean: number, rows: number, columns: number, sums: number,
    products: number, scratch: number,
  ): void;
  storeSumSquares(x: number, count: number, out: number): void;
  sumParts(parts: number, count: number, step: number, columns: number, out: number): void;
  middleMean(x: number, batch: number, middle: number, inner: number, out: number): void;
  middleMeanGradient(dy: number, batch: number, middle: number, inner: number, dx: number): void;
  sumSquares(x: number, count: number): number;
  rowSums(x: number, rows: number, columns: number, divisor: number, out: number): void;
  rowNorms(x: number, rows: number, columns: number, out: number): void;
  // deno-fmt-ignore
  rowNormsGradient(
    x: number, norm: number, dy: number, rows: number, columns: number, dx: number,
  ): void;

  // deno-fmt-ignore
  scaleShift(
    x: number, scale: number, shift: number, rows: number, columns: number, y: number,
  ): void;
  // deno-fmt-ignore
  normalise(
    x: number, centre: number, scale: number, shift: number, rows: number, columns: number,
    y: number,
  ): void;
  // deno-fmt-ignore
  normaliseGradient(
    dy: number, x: number, centre: number, scale: number, slope: number, shift: number,
    rows: number, columns: number, dx: number,
  ): void;

  // deno-fmt-ignore
  binary(
    op: number, spread: number, a: number, b: number, rows: number, columns: number, y: number,
  ): void;
  accumulate(x: number, y: number, count: number): void;

  // deno-fmt-ignore
  attentionWeights(
    table: number, rows: number, columns: number, first: number, T: number, start: number,
    length: number, causal: number, window: number, bias: number, biasStep: number, sums: number,
  ): void;
  // deno-fmt-ignore
  attentionSlopes(
    table: number, slopes: number, rows: number, columns: number, first: number, T: number,
    start: number, length: number, causal: number, window: number, bias: number, biasStep: number,
    lse: number, dy: number, y: number, step: number, V: number,
  ): void;
  // deno-fmt-ignore
  distanceDecay(
    x: number, xStep: number, y: number, yStep: number, T: number, columns: number, ratio: number,
    before: number, after: number, carry: number,
  ): void;

  // deno-fmt-ignore
  uniform(
    out: number, first: number, count: number, key0: number, key1: number, stream: number, step: number,
    words: number,
  ): void;
  // deno-fmt-ignore
  normal(
    out: number, first: number, count: number, key0: number, key1: number, stream: number, step: number,
    words: number,
  ): void;
  // deno-fmt-ignore
  dropout(
    x: number, y: number, first: number, count: number, threshold: number, scale: number,
    key0: number, key1: number, stream: number, step: number, words: number,
  ): void;
  // deno-fmt-ignore
  biasActivationDropout(
    y: number, bias: number, first: number, rows: number, columns: number, activation: number,
    threshold: number, scale: number, key0: number, key1: number, stream: number, step: number, words: number,
  ): void;

  topKMask(values: number, rows: number, columns: number, k: number, mask: number): void;
  // deno-fmt-ignore
  perturb(
    scores: number, noise: number, sigma: number, rows: number, samples: number, columns: number,
    y: number,
  ): void;
  // deno-fmt-ignore
  perturbedGradient(
    slope: number, noise: number, chosen: number, factor: number, rows: number, samples: number,
    columns: number, out: number,
  ): void;

  gelu(x: number, y: number, count: number): void;
  geluGradient(dy: number, x: number, dx: number, count: number): void;

  layerNormScratchBytes(columns: number): number;
  // deno-fmt-ignore
  layerNorm(
    x: number, gamma: number, beta: number, rows: number, columns: number, epsilon: number,
    y: number,
  ): void;
  // deno-fmt-ignore
  layerNormGradient(
    dy: number, x: number, gamma: number, rows: number, columns: number, epsilon: number,
    dx: number, dgamma: number, dbeta: number, scratch: number,
  ): void;
  // deno-fmt-ignore
  layerNormGradientPart(
    dy: number, x: number, gamma: number, rows: number, columns: number, epsilon: number,
    dx: number, scratch: number,
  ): void;

  // deno-fmt-ignore
  channelNorm(
    x: number, gamma: number, beta: number, rows: number, columns: number, epsilon: number,
    y: number,
  ): void;
  /** Scratch as for layerNormGradient. */
  // deno-fmt-ignore
  channelNormGradient(
    dy: number, x: number, gamma: number, rows: number, columns: number, epsilon: number,
    guard: number, dx: number, dgamma: number, dbeta: number, scratch: number,
  ): void;
  // deno-fmt-ignore
  channelNormGradientPart(
    dy: number, x: number, gamma: number, rows: number, columns: number, epsilon: number,
    guard: number, dx: number, scratch: number,
  ): void;

  /** weight [K, C] and bias [C] are spread over the channels. */
  // deno-fmt-ignore
  sharedConv(
    x: number, weight: number, bias: number, R: number, T: number, C: number, K: number,
    y: number,
  ): void;
  sharedConvScratchBytes(C: number, K: number): number;
  /** Sums of each channel, [K, C]. */
  // deno-fmt-ignore
  sharedConvGradient(
    x: number, dy: number, R: number, T: number, C: number, K: number, sums: number,
    scratch: number,
  ): void;

  spanTableBytes(rows: number, keys: number): number;
  // deno-fmt-ignore
  spanWeights(
    table: number, rows: number, keys: number, first: number, z: number, step: number,
    ramp: number, causal: number,
  ): void;
  // deno-fmt-ignore
  spanGradient(
    table: number, g: number, rows: number, keys: number, first: number, z: number, dz: number,
    step: number, ramp: number, scale: number, causal: number,
  ): void;

  // deno-fmt-ignore
  adam(
    parameter: number, gradient: number, m: number, v: number, count: number, hyper: number,
    scale: number, decoupled: number,
  ): void;
  // deno-fmt-ignore
  adagrad(
    parameter: number, gradient: number, accumulator: number, count: number, hyper: number,
    scale: number,
  ): void;
  // deno-fmt-ignore
  sgd(
    parameter: number, gradient: number, velocity: number, count: number, hyper: number,
    scale: number,
  ): void;
}

/** The passes over a memory, and their module for other threads that share it. */
export interface LoadedPasses {
  passes: Passes;
  module: WebAssembly.Module;
}

/** Instantiates the passes over a memory, shared between threads or not; it may grow afterwards. */
export async function loadPasses(memory: WebAssembly.Memory): Promise<LoadedPasses> {
  const bytes = Uint8Array.fromBase64(moduleText);
  const shared = !(memory.buffer instanceof ArrayBuffer);
  const { instance, module } = await WebAssembly.instantiate(
    shared ? shareMemory(bytes) : bytes,
    { env: { memory } },
  );
  return { passes: instance.exports as unknown as Passes, module };
}
