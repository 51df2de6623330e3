/**
 * Sums over a graph's neighbours on the cpu: each product is added to the residual that is there
 * already.
 */

import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadGraphProduct", (backend, { graph, x, residual }) => {
  const [B, T, C] = x.shape;
  const y = backend.output(x.shape);
  backend.floats(y).set(backend.floats(residual));
  const [graphAt, xAt, yAt] = [graph, x, y].map((info) => backend.address(info));
  for (let b = 0; b < B; b++) {
    const rows = b * T * C * 4;
    const table = graphAt + b * T * T * 4;
    backend.gemm.sgemm(false, false, T, C, T, 1, table, T, xAt + rows, C, 1, yAt + rows, C);
  }
  return y;
});
