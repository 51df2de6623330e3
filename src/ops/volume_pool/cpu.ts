/** Pooling over frames, rows and columns on the cpu: one walk. */

import { registerCpuForm } from "../kernel/cpu_form.ts";
import type { VolumePoolAttributes } from "./op.ts";

registerCpuForm("WsvadVolumePool", (backend, { x }, attributes) => {
  const { kernel, stride, front, out, pooling } = attributes as VolumePoolAttributes;
  const [N, T, H, W, C] = x.shape;
  const y = backend.output([N, ...out, C]);
  backend.passes.poolWindows(
    ...[backend.address(x), T, H, W, C] as const,
    ...kernel,
    ...stride,
    ...front,
    ...out,
    ...[0, out.reduce((product, size) => product * size, N)] as const,
    ...[pooling === "mean" ? 1 : 0, backend.address(y)] as const,
  );
  return y;
});
