/** GELU and its gradient on the cpu, one walk each. */

import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadGelu", (backend, { x }) => {
  const y = backend.output(x.shape);
  backend.passes.gelu(backend.address(x), backend.address(y), sizeOf(x.shape));
  return y;
});

registerCpuForm("WsvadGeluGrad", (backend, { dy, x }) => {
  const dx = backend.output(x.shape);
  const [slope, from, to] = [dy, x, dx].map((info) => backend.address(info));
  backend.passes.geluGradient(slope, from, to, sizeOf(x.shape));
  return dx;
});
