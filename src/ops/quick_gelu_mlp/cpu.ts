/**
 * CLIP's feed-forward part on the cpu: some rows at a time, so that the wide ones stay in the
 * caches between products.
 */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { rowPieces } from "./op.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

/** Addresses and sizes of the wide layer. */
interface Widening {
  x: number;
  wide: number;
  wideBias: number;
  I: number;
  H: number;
}

function widening(
  backend: CpuBackend,
  { x, wide, wideBias }: Record<string, tf.TensorInfo>,
): Widening {
  const [H, I] = wide.shape;
  const [xAt, wideAt, biasAt] = [x, wide, wideBias].map((info) => backend.address(info));
  return { x: xAt, wide: wideAt, wideBias: biasAt, I, H };
}

/** z [rows, H] = x wide^T + wideBias for the rows from `start` on. */
function widen(
  { gemm, passes }: CpuBackend,
  { x, wide, wideBias, I, H }: Widening,
  start: number,
  rows: number,
  z: number,
): void {
  gemm.sgemm(false, true, rows, H, I, 1, x + start * I * 4, I, wide, I, 0, z, H);
  passes.biasActivation(z, wideBias, rows, H, 0);
}

/** The pieces of M rows, and the wide numbers of the largest. */
function piecesOf(M: number, H: number) {
  const pieces = [...rowPieces(M, H)];
  return { pieces, wideCount: Math.max(0, ...pieces.map(([start, end]) => (end - start) * H)) };
}

registerCpuForm("WsvadQuickGeluMlp", (backend, inputs) => {
  const { gemm, passes } = backend;
  const M = inputs.x.shape[0], O = inputs.narrow.shape[0];
  const y = backend.output([M, O]);
  const layer = widening(backend, inputs), { H } = layer;
  const [yAt, narrow, bias] = [y, inputs.narrow, inputs.narrowBias].map((info) =>
    backend.address(info)
  );
  const { pieces, wideCount } = piecesOf(M, H);
  backend.withScratch(wideCount * 4, (z) => {
    for (const [start, end] of pieces) {
      const rows = end - start;
      widen(backend, layer, start, rows, z);
      passes.quickGelu(z, z, rows * H);
      gemm.sgemm(false, true, rows, O, H, 1, z, H, narrow, H, 0, yAt + start * O * 4, O);
    }
  });
  passes.biasActivation(yAt, bias, M, O, 0);
  return y;
});

registerCpuForm("WsvadQuickGeluMlpGrad", (backend, inputs, { trained }) => {
  const { gemm, passes } = backend;
  const { dy, x, wide, wideBias, narrow } = inputs;
  const [M, O] = dy.shape;
  const layer = widening(backend, inputs), { I, H } = layer;
  const dx = backend.output(x.shape);
  const weights = trained
    ? [wide.shape, wideBias.shape, narrow.shape, [O]].map((shape) => backend.output(shape))
    : [];
  const [dwide, dwideBias, dnarrow, dnarrowBias] = weights.map((info) => backend.address(info));
  const [dyAt, dxAt, narrowAt] = [dy, dx, narrow].map((info) => backend.address(info));
  const { pieces, wideCount } = piecesOf(M, H);
  const sums = passes.columnScratchBytes(Math.max(H, O));
  backend.withScratch(3 * wideCount * 4 + H * 4 + sums, (z) => {
    const [active, dz] = [z + wideCount * 4, z + 2 * wideCount * 4];
    const partial = z + 3 * wideCount * 4, scratch = partial + H * 4;
    pieces.forEach(([start, end], piece) => {
      const rows = end - start, beta = piece === 0 ? 0 : 1;
      const slope = dyAt + start * O * 4, from = layer.x + start * I * 4;
      widen(backend, layer, start, rows, z);
      gemm.sgemm(false, false, rows, H, O, 1, slope, O, narrowAt, H, 0, dz, H);
      if (trained) {
        passes.quickGelu(z, active, rows * H);
        gemm.sgemm(true, false, O, H, rows, 1, slope, O, active, H, beta, dnarrow, H);
      }
      passes.quickGeluGradient(dz, z, dz, rows * H);
      gemm.sgemm(false, false, rows, I, H, 1, dz, H, layer.wide, I, 0, dxAt + start * I * 4, I);
      if (!trained) return;
      gemm.sgemm(true, false, H, I, rows, 1, dz, H, from, I, beta, dwide, I);
      passes.columnSum(dz, rows, H, 1, piece === 0 ? dwideBias : partial, scratch);
      if (piece > 0) passes.accumulate(partial, dwideBias, H);
    });
    if (trained) passes.columnSum(dyAt, M, O, 1, dnarrowBias, scratch);
  });
  return [dx, ...weights];
});
