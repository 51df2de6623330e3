/**
 * Tiled matrix products on the webgpu device: plain ones, and convolutions over time or over
 * volumes without a copy.
 */

import * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/matrix_product.wgsl" with { type: "text" };
import halfText from "../../../kernels/product_half.wgsl" with { type: "text" };
import singleText from "../../../kernels/product_single.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "./backend.ts";
import {
  activationCode,
  addBiasActivateAndDrop,
  dropoutUniforms,
  type Ending,
} from "./bias_activation.ts";
import { columnSum } from "./column_sum.ts";
import { type Kernel, readKernel } from "./pipelines.ts";
import { noVolume, volumeUniforms, type VolumeWindows } from "./volume_windows.ts";

/** The kernel with operands in single or half precision. */
function productWith(head: string, storage: string): Kernel {
  return readKernel("matrix_product.wgsl", head + code, { "product_storage.wgsl": storage });
}
const single = productWith("", singleText), half = productWith("enable f16;\n", halfText);

/** Rows and columns that a workgroup computes, by GROUPS. */
const SMALL_TILE = 64, LARGE_TILE = 128;
/** Products of fewer tiles than this leave most of a large GPU idle: their inner axis is split. */
const ENOUGH_TILES = 256;
/** Terms that a slice has at least, and a multiple of what a tile holds. */
const SMALLEST_SLICE = 256, TILE_DEPTH = 16;
/**
 * Terms that are summed on their own at least: shorter sums gain little, and adding them up takes
 * time.
 */
const SHORTEST_PIECE = 48;

/** The windows of x [R, T, C] that a convolution of `taps` sees, as a matrix [R T, taps C]. */
export interface Windows {
  taps: number;
  /** Snippets from one tap to the next; negative for the gradient of the input. */
  step: number;
}

/** One product, or `depth` of equal size, and what stands behind it. */
export interface Product extends Ending {
  /**
   * [M, K] or [depth, M, K]; or x [R, T, C] where `windows` is given, [N, T, H, W, C] where
   * `volume` is.
   */
  a: tf.TensorInfo;
  /** [K, N] or [depth, K, N]. A depth of 1 serves all. */
  b: tf.TensorInfo;
  transposeA?: boolean;
  transposeB?: boolean;
  windows?: Windows;
  /** y is [N outputs, columns of b]. */
  volume?: VolumeWindows;
}

interface Plan {
  /** Of y. */
  shape: number[];
  uniforms: Record<string, number>;
  /** Products, or slices of one. */
  layers: number;
  large: boolean;
}

/**
 * y = dropout(activation(a b + bias)), [M, N] or [depth, M, N]. Each sum runs in a fixed order.
 * Operands are rounded to half precision where `backend.halfProducts` is set; sums never are.
 */
export function matrixProduct(backend: WsvadWebGPUBackend, product: Product): tf.TensorInfo {
  const { a, b, transposeA, transposeB, windows, volume } = product;
  const { bias, activation = "none", dropout } = product;
  const { shape, uniforms, layers, large } = plan(product);
  const { M, N, slices } = uniforms;
  const whole = slices === 1;
  const y = backend.output(whole ? shape : [slices, M * N]);
  const tile = large ? LARGE_TILE : SMALL_TILE;
  backend.dispatch({
    kernel: backend.halfProducts ? half : single,
    constants: {
      GROUPS: tile / SMALL_TILE,
      TRANSPOSE_A: Number(transposeA ?? false),
      TRANSPOSE_B: Number(transposeB ?? false),
      WINDOWS: volume ? 2 : windows ? 1 : 0,
      BIAS: Number(bias !== undefined && whole),
      DROPOUT: Number(dropout !== undefined && whole),
      ACTIVATION: whole ? activationCode[activation] : 0,
    },
    bindings: { a, b, bias: bias ?? b, state: dropout?.state ?? b, y },
    uniforms: { ...uniforms, ...dropoutUniforms(dropout) },
    workgroups: [Math.ceil(N / tile), Math.ceil(M / tile), layers],
  });
  if (whole) return y;
  const sum = { ...columnSum(backend, y), shape };
  backend.disposeData(y.dataId);
  addBiasActivateAndDrop(backend, sum, { bias, activation, dropout });
  return sum;
}

/**
 * Sizes, and how the work is cut: by the sizes alone, so that equal shapes give equal bits
 * anywhere.
 */
function plan(product: Product): Plan {
  const { a, b, transposeA, transposeB, windows, volume, bias, activation = "none" } = product;
  const [T, C] = windows ? a.shape.slice(-2) : [1, 1];
  const matrix = volume
    ? [sizeOf([a.shape[0], ...volume.out]), sizeOf(volume.kernel) * a.shape[4]]
    : windows
    ? [a.shape[0] * T, windows.taps * C]
    : a.shape.slice(-2);
  const [M, K] = transposeA ? [matrix[1], matrix[0]] : matrix;
  const N = b.shape.at(transposeB ? -2 : -1)!;
  const batches = [windows || volume ? [] : a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [ofA, ofB] = batches.map(sizeOf);
  const depth = Math.max(ofA, ofB);
  const outer = ofA > ofB || ofA === ofB && batches[0].length > batches[1].length
    ? batches[0]
    : batches[1];
  const large = Math.min(M, N) > SMALL_TILE;
  const tile = large ? LARGE_TILE : SMALL_TILE;
  const tiles = depth * Math.ceil(M / tile) * Math.ceil(N / tile);
  const divisible = depth === 1 && (bias || activation === "none");
  const wanted = divisible
    ? Math.min(Math.floor(ENOUGH_TILES / tiles), Math.floor(K / SMALLEST_SLICE))
    : 1;
  const share = wholeTiles(K / Math.max(1, wanted));
  const slices = Math.max(1, Math.ceil(K / share));
  const { taps, step } = windows ?? { taps: 1, step: 0 };
  return {
    shape: [...outer, M, N],
    layers: Math.max(depth, slices),
    large,
    uniforms: {
      ...(volume ? volumeUniforms(a.shape, volume) : { ...noVolume(), T, C }),
      ...{ M, N, K, slices, share, step },
      // Two chains of additions, in a piece and of pieces, lose least where they are equally long.
      piece: Math.max(SHORTEST_PIECE, wholeTiles(Math.sqrt(share))),
      first: -step * (taps - 1) / 2,
      next_a: ofA === 1 ? 0 : M * K,
      next_b: ofB === 1 ? 0 : K * N,
    },
  };
}

function sizeOf(axes: readonly number[]): number {
  return axes.reduce((product, size) => product * size, 1);
}

function wholeTiles(terms: number): number {
  return TILE_DEPTH * Math.ceil(terms / TILE_DEPTH);
}

/** Shorter sides leave most of a tile empty: tfjs's programs for them are better. */
const SHORTEST_SIDE = 48;
/** Longer sums lose digits in tfjs's programs, which add their terms one after the other. */
const LONGEST_CHAIN = 256;
/** Up to so many outputs tfjs gives a workgroup to each, which adds in a tree. */
const FEW_OUTPUTS = 128;

/** Whether {@link matrixProduct} is the better way to compute `depth` products [M, K] x [K, N]. */
export function suitsTiles(M: number, N: number, K: number, depth = 1): boolean {
  return Math.min(M, N) >= SHORTEST_SIDE || K > LONGEST_CHAIN && depth * M * N > FEW_OUTPUTS;
}
