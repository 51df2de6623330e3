/** Fully connected layer on the cpu: one product, then bias, activation and dropout in one walk. */

import { multiply } from "../../device/cpu/tfjs/mat_mul.ts";
import { addBiasActivateAndDrop, addBiasAndActivate } from "../activation/cpu.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadLinear", (backend, { x, weight, bias }, { activation }) => {
  const y = multiply(backend, x, weight, { transposeA: false, transposeB: true }); // [M, O]
  addBiasAndActivate(backend, y, bias, activation);
  return y;
});

registerCpuForm("WsvadLinearDropout", (backend, { x, weight, bias, state }, attributes) => {
  const { activation, rate, stream } = attributes;
  const y = multiply(backend, x, weight, { transposeA: false, transposeB: true }); // [M, O]
  addBiasActivateAndDrop(backend, y, bias, activation, { rate, state, stream });
  return y;
});
