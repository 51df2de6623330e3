/** Sum of squares on the cpu, in double precision. */

import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadSquaredNorm", (backend, { x }) => {
  const sum = backend.passes.sumSquares(backend.address(x), sizeOf(x.shape));
  const out = backend.output([]);
  backend.floats(out)[0] = sum;
  return out;
});
