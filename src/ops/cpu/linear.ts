/** Fully connected layer on the cpu: one product, then bias and activation in one pass. */

import { multiply } from "../../device/cpu/mat_mul.ts";
import { addBiasAndActivate } from "./activation.ts";
import { registerCpuForm } from "./cpu_form.ts";

registerCpuForm("WsvadLinear", (backend, { x, weight, bias }, { activation }) => {
  const y = multiply(backend, x, weight, { transposeA: false, transposeB: true }); // [M, O]
  addBiasAndActivate(backend, y, bias, activation);
  return y;
});
