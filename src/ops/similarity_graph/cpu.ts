/**
 * The similarity graph on the cpu: video by video on its valid snippets alone, so that beside the
 * graph there is one table [n, n] in the forward pass and two in the gradient.
 */

import { forItems } from "../../device/cpu/items_on_threads.ts";
import type { Address } from "../../device/cpu/thread_addresses.ts";
import type { ThreadWork } from "../../device/cpu/written_steps.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

/** dots [n, n] and norms [n] of the snippets of one video at `x`. */
function pairs(
  thread: ThreadWork,
  x: number,
  [n, C]: [number, number],
  dots: Address,
  norms: Address,
): void {
  thread.sgemm(false, true, n, n, C, 1, x, C, x, C, 0, dots, n);
  thread.pass("rowNorms", x, n, C, norms);
}

registerCpuForm("WsvadSimilarityGraph", (backend, { x, lengths }, { threshold }) => {
  const [B, T, C] = x.shape;
  const graph = backend.output([B, T, T]);
  backend.floats(graph).fill(0);
  const valid = Int32Array.from(backend.typedArrayFromHeap(lengths) as Int32Array);
  const [xAt, graphAt] = [backend.address(x), backend.address(graph)];
  forItems(backend, B, (T * T + T) * 4, (thread, b) => {
    const n = valid[b], dots = thread.own(0), norms = thread.own(T * T * 4);
    pairs(thread, xAt + b * T * C * 4, [n, C], dots, norms);
    thread.pass("similarityRows", dots, norms, n, T, threshold, graphAt + b * T * T * 4);
  });
  return graph;
});

registerCpuForm("WsvadSimilarityGraphGrad", (backend, inputs, { threshold }) => {
  const { dy, x, graph, lengths } = inputs;
  const [B, T, C] = x.shape;
  const dx = backend.output(x.shape);
  const valid = Int32Array.from(backend.typedArrayFromHeap(lengths) as Int32Array);
  const table = T * T * 4;
  const [dyAt, xAt, graphAt, dxAt] = [dy, x, graph, dx].map((info) => backend.address(info));
  forItems(backend, B, 2 * table + 2 * T * 4, (thread, b) => {
    const [dots, share, norms, shrink] = [0, table, 2 * table, 2 * table + T * 4]
      .map((offset) => thread.own(offset));
    const n = valid[b], rows = b * T * C * 4, from = xAt + rows, to = dxAt + rows;
    pairs(thread, from, [n, C], dots, norms);
    // deno-fmt-ignore
    thread.pass(
      "similarityGradient", dots, norms, n, T, threshold, graphAt + b * table, dyAt + b * table,
      share, shrink,
    );
    thread.sgemm(false, false, n, C, n, 1, share, n, from, C, 0, to, C);
    thread.pass("subtractScaledRows", from, shrink, n, C, to);
  });
  const values = backend.floats(dx);
  valid.forEach((n, b) => values.fill(0, (b * T + n) * C, (b + 1) * T * C)); // padding
  return dx;
});
