/**
 * Sums over a graph's neighbours on the cpu: each product is added to the residual that is there
 * already.
 */

import { forItems } from "../../device/cpu/items_on_threads.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadGraphProduct", (backend, { graph, x, residual }) => {
  const [B, T, C] = x.shape;
  const y = backend.output(x.shape);
  backend.floats(y).set(backend.floats(residual));
  const [graphAt, xAt, yAt] = [graph, x, y].map((info) => backend.address(info));
  forItems(backend, B, 0, (thread, b) => {
    const rows = b * T * C * 4, table = graphAt + b * T * T * 4;
    thread.sgemm(false, false, T, C, T, 1, table, T, xAt + rows, C, 1, yAt + rows, C);
  });
  return y;
});
