/**
 * tfjs's matrix products on our engines: tfjs's own transposed products on wasm are 12 to 19 times
 * slower.
 */

import * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../cpu_backend.ts";
import { forItems } from "../items_on_threads.ts";
import { cpuKernel, replaceKernel } from "./cpu_kernel.ts";

interface Operands {
  a: tf.TensorInfo;
  b: tf.TensorInfo;
}

interface MatMulAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

/** op(a) op(b) with batch axes broadcast: a [..., m, k], b [..., k, n] -> [..., m, n]. */
export function multiply(
  backend: CpuBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: MatMulAttributes,
): tf.TensorInfo {
  for (const { dtype } of [a, b]) {
    if (dtype !== "float32") {
      throw new TypeError(`Cannot multiply ${dtype} matrices: cast to float32`);
    }
  }
  const [aRows, aColumns] = a.shape.slice(-2), [bRows, bColumns] = b.shape.slice(-2);
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (k !== inner) {
    throw new TypeError(
      `Cannot multiply [${a.shape}] and [${b.shape}] (transposed: ${transposeA}, ${transposeB}): ` +
        `inner sizes ${k} and ${inner} differ`,
    );
  }
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
  );
  const out = backend.output([...batch, m, n]);
  const [aAt, bAt, outAt] = [backend.address(a), backend.address(b), backend.address(out)];
  const count = tf.util.sizeFromShape(batch);
  const bCount = tf.util.sizeFromShape(b.shape.slice(0, -2));
  if (!transposeA && bCount === 1 && tf.util.sizeFromShape(a.shape.slice(0, -2)) === count) {
    // one matrix for all of the batch: a single tall product
    backend.gemm.sgemm(
      false,
      transposeB,
      count * m,
      n,
      k,
      1,
      aAt,
      k,
      bAt,
      bColumns,
      0,
      outAt,
      n,
    );
    return out;
  }
  const aOffsets = batchOffsets(a.shape.slice(0, -2), batch);
  const bOffsets = batchOffsets(b.shape.slice(0, -2), batch);
  forItems(backend, count, 0, (thread, i) => {
    const from = aAt + aOffsets[i] * m * k * 4, by = bAt + bOffsets[i] * k * n * 4;
    thread.sgemm(
      ...[transposeA, transposeB, m, n, k, 1, from, aColumns, by, bColumns] as const,
      ...[0, outAt + i * m * n * 4, n] as const,
    );
  });
  return out;
}

/** For each matrix of the broadcast batch, which matrix of the operand it reads. */
function batchOffsets(shape: number[], batch: number[]): Int32Array {
  const count = tf.util.sizeFromShape(batch);
  const offsets = new Int32Array(count);
  let step = 1, repeat = 1; // axes from the last to the first
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const size = shape[axis - (batch.length - shape.length)] ?? 1;
    if (size > 1) {
      for (let i = 0; i < count; i++) offsets[i] += Math.floor(i / repeat) % size * step;
    }
    step *= size;
    repeat *= batch[axis];
  }
  return offsets;
}

/** Registers the product for the wasm backend. */
export function installMatMul(): void {
  replaceKernel(
    "BatchMatMul",
    cpuKernel<Operands, MatMulAttributes>(({ a, b }, attributes, backend) =>
      multiply(backend, a, b, attributes)
    ),
  );
}
