/** Kernels of tfjs's webgpu backend that ours replace: large products, and all that add with float atomics. */

import * as tf from "@tensorflow/tfjs";
import segmentSumCode from "../../../kernels/segment_sum.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "./backend.ts";
import { fillsTiles, matrixProduct } from "./matrix_product.ts";
import { readKernel } from "./pipelines.ts";

const segmentSum = readKernel("segment_sum.wgsl", segmentSumCode);
/** WORKGROUP of segment_sum.wgsl. */
const WORKGROUP = 64;

/** tfjs: MatMulProgramType.MatMulPackedProgram. */
const PACKED = 3;
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
  for (const name of ["BatchMatMul", "_FusedMatMul"]) installMatMul(name);
  tf.unregisterKernel("UnsortedSegmentSum", "webgpu");
  tf.registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName: "webgpu",
    kernelFunc: unsortedSegmentSum,
  });
}

function installMatMul(kernelName: string): void {
  const original = tf.getKernel(kernelName, "webgpu").kernelFunc;
  tf.unregisterKernel(kernelName, "webgpu");
  tf.registerKernel({
    kernelName,
    backendName: "webgpu",
    kernelFunc(call) {
      if (stockOnly) return original(call);
      const { a, b } = call.inputs as Infos;
      const { transposeA, transposeB } = (call.attrs ?? {}) as Record<string, boolean>;
      const inner = a.shape.at(transposeA ? -2 : -1)!;
      const rows = a.shape.at(transposeA ? -1 : -2)!, columns = b.shape.at(transposeB ? -2 : -1)!;
      const backend = call.backend as WsvadWebGPUBackend;
      if (kernelName === "BatchMatMul" && fillsTiles(rows, columns) && stacked(a, b)) {
        return matrixProduct(backend, { a, b, transposeA, transposeB });
      }
      const batched = a.shape.length > 2 || b.shape.length > 2;
      if (batched || !wouldSplit(backend, rows, columns, inner)) return original(call);
      const flag = "WEBGPU_MATMUL_PROGRAM_TYPE";
      const chosen = tf.env().getNumber(flag);
      tf.env().set(flag, PACKED);
      try {
        return original(call);
      } finally {
        tf.env().set(flag, chosen);
      }
    },
  });
}

/** Whether the operands are equally many matrices, or one of them a single matrix of the same rank. */
function stacked(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  const [ofA, ofB] = [a, b].map(({ shape }) => shape.slice(0, -2));
  const layers = Math.max(...[ofA, ofB].map((axes) => tf.util.sizeFromShape(axes)));
  const single = (axes: number[]) => axes.every((size) => size === 1);
  return ofA.length === ofB.length && layers > 0 && layers <= MOST_LAYERS &&
    (single(ofA) || single(ofB) || ofA.every((size, axis) => size === ofB[axis]));
}

/** Whether tfjs would take its split-K program, as in its BatchMatMul_impl. */
function wouldSplit(
  backend: WsvadWebGPUBackend,
  rows: number,
  columns: number,
  inner: number,
): boolean {
  if (inner < 2000 || rows * columns <= 128) return false;
  const tiles = Math.ceil(rows / 32) * Math.ceil(columns / 32);
  const few = backend.thresholdToIncreaseWorkgroups;
  return tiles <= few || (rows <= 8 && tiles <= 2 * few);
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
