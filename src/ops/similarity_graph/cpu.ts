/**
 * The similarity graph on the cpu: video by video on its valid snippets alone, so that beside the
 * graph there is one table [n, n] in the forward pass and two in the gradient.
 */

import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

/** dots [n, n] and norms [n] of the snippets of one video at `x`. */
function pairs(
  { gemm, passes }: CpuBackend,
  x: number,
  [n, C]: [number, number],
  dots: number,
  norms: number,
): void {
  gemm.sgemm(false, true, n, n, C, 1, x, C, x, C, 0, dots, n);
  passes.rowNorms(x, n, C, norms);
}

registerCpuForm("WsvadSimilarityGraph", (backend, { x, lengths }, { threshold }) => {
  const [B, T, C] = x.shape;
  const graph = backend.output([B, T, T]);
  backend.floats(graph).fill(0);
  const valid = Int32Array.from(backend.typedArrayFromHeap(lengths) as Int32Array);
  backend.withScratch((T * T + T) * 4, (dots) => {
    const norms = dots + T * T * 4;
    const [xAt, graphAt] = [backend.address(x), backend.address(graph)];
    valid.forEach((n, b) => {
      pairs(backend, xAt + b * T * C * 4, [n, C], dots, norms);
      backend.passes.similarityRows(dots, norms, n, T, threshold, graphAt + b * T * T * 4);
    });
  });
  return graph;
});

registerCpuForm("WsvadSimilarityGraphGrad", (backend, inputs, { threshold }) => {
  const { dy, x, graph, lengths } = inputs;
  const { gemm, passes } = backend;
  const [, T, C] = x.shape;
  const dx = backend.output(x.shape);
  const valid = Int32Array.from(backend.typedArrayFromHeap(lengths) as Int32Array);
  const table = T * T * 4;
  backend.withScratch(2 * table + 2 * T * 4, (dots) => {
    const [share, norms] = [dots + table, dots + 2 * table], shrink = norms + T * 4;
    const [dyAt, xAt, graphAt, dxAt] = [dy, x, graph, dx].map((info) => backend.address(info));
    valid.forEach((n, b) => {
      const rows = b * T * C * 4, from = xAt + rows, to = dxAt + rows;
      pairs(backend, from, [n, C], dots, norms);
      // deno-fmt-ignore
      passes.similarityGradient(
        dots, norms, n, T, threshold, graphAt + b * table, dyAt + b * table, share, shrink,
      );
      gemm.sgemm(false, false, n, C, n, 1, share, n, from, C, 0, to, C);
      passes.subtractScaledRows(from, shrink, n, C, to);
      const padding = to + n * C * 4;
      new Uint8Array(backend.heap.buffer, padding, (T - n) * C * 4).fill(0);
    });
  });
  return dx;
});
