/** Selection from noisy copies of scores on the cpu, and its gradient. */

import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadPerturbedTopK", (backend, { scores, noise }, { k, sigma }) => {
  const [rows, samples, snippets] = noise.shape;
  const chosen = backend.output(noise.shape), frequency = backend.output(scores.shape);
  const copies = backend.address(chosen), shares = backend.address(frequency);
  const [s, z] = [backend.address(scores), backend.address(noise)];
  const { passes } = backend;
  passes.perturb(s, z, sigma, rows, samples, snippets, copies);
  passes.topKMask(copies, rows * samples, snippets, k, copies);
  passes.middleMean(copies, rows, samples, snippets, shares);
  return [frequency, chosen];
});

registerCpuForm("WsvadPerturbedTopKGradient", (backend, { slope, noise, chosen }, { sigma }) => {
  const [rows, samples, snippets] = noise.shape;
  const out = backend.output(slope.shape);
  const [dy, z, mask, to] = [slope, noise, chosen, out].map((info) => backend.address(info));
  const factor = 1 / (samples * sigma);
  backend.passes.perturbedGradient(dy, z, mask, factor, rows, samples, snippets, to);
  return out;
});
