/**
 * Running statistics in place on the cpu: a few thousand numbers, so a plain loop over the heap.
 */

import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadRunningAverage", (backend, { running, value }, { keep, take }) => {
  const moved = backend.floats(running), from = backend.floats(value);
  for (let i = 0; i < moved.length; i++) moved[i] = moved[i] * keep + from[i] * take;
  return []; // the variable holds the new values
});
