/** Euclidean norm over the last axis on the cpu, squares summed in double precision. */

import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadL2Norm", (backend, { x }) => {
  const columns = x.shape.at(-1)!;
  const norm = backend.output(x.shape.slice(0, -1));
  const rows = sizeOf(norm.shape);
  backend.passes.rowNorms(backend.address(x), rows, columns, backend.address(norm));
  return norm;
});

registerCpuForm("WsvadL2NormGradient", (backend, { x, norm, dy }) => {
  const dx = backend.output(x.shape);
  backend.passes.rowNormsGradient(
    backend.address(x),
    backend.address(norm),
    backend.address(dy),
    sizeOf(norm.shape),
    x.shape.at(-1)!,
    backend.address(dx),
  );
  return dx;
});
