/** The k largest of each row as a mask on the cpu, found by counting. */

import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadTopKMask", (backend, { values }, { k }) => {
  const [rows, columns] = values.shape;
  const mask = backend.output(values.shape);
  backend.passes.topKMask(backend.address(values), rows, columns, k, backend.address(mask));
  return mask;
});
