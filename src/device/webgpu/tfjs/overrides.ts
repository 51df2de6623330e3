/**
 * Kernels of tfjs's webgpu backend that ours replace: products that are large or long, and all that
 * add with float atomics. One that fails leaves no tensor behind.
 */

import * as tf from "@tensorflow/tfjs";
import segmentSumCode from "../../../../kernels/segment_sum.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../backend.ts";
import { matrixProduct, suitsTiles } from "../matrix_product.ts";
import { readKernel } from "../pipelines.ts";

const segmentSum = readKernel("segment_sum.wgsl", segmentSumCode);
/** WORKGROUP of segment_sum.wgsl. */
const WORKGROUP = 64;

/** Most matrices of one dispatch. */
const MOST_LAYERS = 65535;

type Infos = Record<string, tf.TensorInfo>;

let installed = false;
let stockOnly = false;

/** Runs `body` with tfjs's own products, for comparisons with ours. */
export function withStockProducts<T>(body: () => T): T {
  stockOnly = true;
  try {
    return body();
  } finally {
    stockOnly = false;
  }
}

/** Puts them in place, once. */
export function installOverrides(): void {
  if (installed) return;
  installed = true;
  installMatMul();
  tf.unregisterKernel("_FusedMatMul", "webgpu"); // nothing here calls it, and it adds atomically
  tf.unregisterKernel("UnsortedSegmentSum", "webgpu");
  tf.registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName: "webgpu",
    kernelFunc: unsortedSegmentSum,
  });
  for (const { kernelName, kernelFunc, setupFunc } of tf.getKernelsForBackend("webgpu")) {
    if (kernelName.startsWith("Wsvad")) continue; // those of ops have their forms
    tf.unregisterKernel(kernelName, "webgpu");
    const kernel = { kernelName, backendName: "webgpu", kernelFunc: whole(kernelFunc), setupFunc };
    tf.registerKernel(kernel);
  }
}

/** A kernel that runs whole or not at all ({@link WsvadWebGPUBackend.run}). */
export function whole(kernel: tf.KernelFunc): tf.KernelFunc {
  return (call) => (call.backend as WsvadWebGPUBackend).run(() => kernel(call));
}

function installMatMul(): void {
  const kernelName = "BatchMatMul";
  const original = tf.getKernel(kernelName, "webgpu").kernelFunc;
  tf.unregisterKernel(kernelName, "webgpu");
  tf.registerKernel({
    kernelName,
    backendName: "webgpu",
    kernelFunc(call) {
      const { a, b } = call.inputs as Infos;
      const { transposeA, transposeB } = (call.attrs ?? {}) as Record<string, boolean>;
      const inner = a.shape.at(transposeA ? -2 : -1)!;
      const rows = a.shape.at(transposeA ? -1 : -2)!, columns = b.shape.at(transposeB ? -2 : -1)!;
      const layers = layersOf(a, b);
      if (stockOnly || !layers || !suitsTiles(rows, columns, inner, layers)) return original(call);
      return matrixProduct(call.backend as WsvadWebGPUBackend, { a, b, transposeA, transposeB });
    },
  });
}

/**
 * How many products there are, of equally many matrices or with a single one that serves all. 0:
 * matrices are broadcast in other ways, or too many for a dispatch.
 */
function layersOf(a: tf.TensorInfo, b: tf.TensorInfo): number {
  const [ofA, ofB] = [a, b].map(({ shape }) => shape.slice(0, -2));
  const [inA, inB] = [ofA, ofB].map((axes) => tf.util.sizeFromShape(axes));
  const equal = ofA.length === ofB.length &&
    (inA === 1 || inB === 1 || ofA.every((size, axis) => size === ofB[axis]));
  const layers = Math.max(inA, inB);
  return (equal || layers === 1) && layers <= MOST_LAYERS ? layers : 0;
}

// x [N, ...], segmentIds int32 [N] -> [numSegments, ...]; a negative id drops its row
function unsortedSegmentSum(call: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const { x, segmentIds } = call.inputs as Infos;
  const { numSegments } = call.attrs as unknown as { numSegments: number };
  const backend = call.backend as WsvadWebGPUBackend;
  const [rows, ...rest] = x.shape;
  const width = tf.util.sizeFromShape(rest);
  const y = backend.output([numSegments, ...rest], x.dtype);
  backend.dispatch({
    kernel: segmentSum,
    bindings: { x, ids: segmentIds, y },
    uniforms: { rows, width, segments: numSegments },
    workgroups: numSegments * Math.ceil(width / WORKGROUP),
  });
  return y;
}
