/** Layer normalisation on the cpu: a row is read from memory once, and its gradient too. */

import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadLayerNorm", (backend, { x, gamma, beta }, { epsilon }) => {
  const [rows, columns] = x.shape;
  const y = backend.output(x.shape);
  const [from, gain, shift, to] = [x, gamma, beta, y].map((info) => backend.address(info));
  backend.passes.layerNorm(from, gain, shift, rows, columns, epsilon, to);
  return y;
});

registerCpuForm("WsvadLayerNormGrad", (backend, { dy, x, gamma }, { epsilon }) => {
  const { passes } = backend;
  const [rows, columns] = x.shape;
  const outputs = [x.shape, [columns], [columns]].map((shape) => backend.output(shape));
  backend.withScratch(passes.layerNormScratchBytes(columns), (scratch) => {
    const [slope, from, gain] = [dy, x, gamma].map((info) => backend.address(info));
    const [dx, dgamma, dbeta] = outputs.map((info) => backend.address(info));
    passes.layerNormGradient(
      ...[slope, from, gain, rows, columns, epsilon] as const,
      ...[dx, dgamma, dbeta, scratch] as const,
    );
  });
  return outputs;
});
