/** CLIP's activation and its gradient on the cpu, one walk each. */

import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadQuickGelu", (backend, { x }) => {
  const y = backend.output(x.shape);
  backend.passes.quickGelu(backend.address(x), backend.address(y), sizeOf(x.shape));
  return y;
});

registerCpuForm("WsvadQuickGeluGrad", (backend, { dy, x }) => {
  const dx = backend.output(x.shape);
  backend.passes.quickGeluGradient(
    backend.address(dy),
    backend.address(x),
    backend.address(dx),
    sizeOf(x.shape),
  );
  return dx;
});
