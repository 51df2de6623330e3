// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// The module that runs on the wasm backend's heap: it imports that memory, allocates nothing and
// has no static data; every address and every byte of scratch memory comes from the caller.
// Addresses are bytes, matrices are dense f32 in row-major order. The types stand in
// kernels/pass_signatures.ts, which `deno task build:simd` writes.

export { activateInPlace, activationGradient, biasActivation } from "./activation.ts";
export { normalise, normaliseGradient, scaleShift } from "./affine.ts";
export { attentionSlopes, attentionWeights, distanceDecay } from "./attention.ts";
export { clearBlocks, gatherBlocks, scatterBlocks } from "./blocks.ts";
export { channelNorm, channelNormGradient, channelNormGradientPart } from "./channel_norm.ts";
export { accumulate, binary } from "./elementwise.ts";
export { gelu, geluGradient } from "./gelu.ts";
export { gemm, gemmPanelBytes } from "./gemm.ts";
export {
  layerNorm,
  layerNormGradient,
  layerNormGradientPart,
  layerNormScratchBytes,
} from "./layer_norm.ts";
export { adagrad, adam, sgd, stableMoments, stableUpdate } from "./optimizer.ts";
export { quickGelu, quickGeluGradient } from "./quick_gelu.ts";
export { similarityGradient, similarityRows, subtractScaledRows } from "./similarity_graph.ts";
export { biasActivationDropout, dropout, normal, uniform } from "./random.ts";
export {
  columnProducts,
  columnScratchBytes,
  columnSum,
  columnVariance,
  stripProducts,
  stripSum,
  stripVariance,
  sumParts,
} from "./columns.ts";
export {
  middleMean,
  middleMeanGradient,
  rowNorms,
  rowNormsGradient,
  rowSums,
  storeSumSquares,
  sumSquares,
} from "./reduction.ts";
export { perturb, perturbedGradient, topKMask } from "./selection.ts";
export { sharedConv, sharedConvGradient, sharedConvScratchBytes } from "./shared_conv.ts";
export { spanGradient, spanTableBytes, spanWeights } from "./span.ts";
export { joinTaps, splitTaps } from "./taps.ts";
export { turn } from "./turn.ts";
export { gatherWindows, poolWindows } from "./windows.ts";
