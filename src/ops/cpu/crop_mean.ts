/** Mean over the crop axis on the cpu: all crops of sixteen values at a time. */

import { registerCpuForm, sizeOf } from "./cpu_form.ts";

registerCpuForm("WsvadCropMean", (backend, { x }) => {
  const [videos, crops, ...rest] = x.shape;
  const y = backend.output([videos, ...rest]);
  backend.passes.middleMean(backend.address(x), videos, crops, sizeOf(rest), backend.address(y));
  return y;
});

registerCpuForm("WsvadCropMeanGradient", (backend, { dy }, { crops }) => {
  const [videos, ...rest] = dy.shape;
  const dx = backend.output([videos, crops, ...rest]);
  const [from, to] = [backend.address(dy), backend.address(dx)];
  backend.passes.middleMeanGradient(from, videos, crops, sizeOf(rest), to);
  return dx;
});
