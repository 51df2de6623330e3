/** Depthwise convolution with few kernels on the cpu: all taps in one walk over the rows. */

import { registerCpuForm } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadSharedConv", (backend, { x, weight, bias }) => {
  const [R, T, C] = x.shape, [H, K] = weight.shape;
  const y = backend.output(x.shape);
  backend.withScratch((K + 1) * C * 4, (scratch) => {
    const kernels = backend.floats(weight), shifts = bias && backend.floats(bias);
    const spread = new Float32Array(backend.heap.buffer, scratch, (K + 1) * C);
    for (let c = 0; c < C; c++) {
      for (let k = 0; k < K; k++) spread[k * C + c] = kernels[c % H * K + k];
      spread[K * C + c] = shifts ? shifts[c % H] : 0;
    }
    const at = [x, y].map((info) => backend.address(info));
    backend.passes.sharedConv(at[0], scratch, scratch + K * C * 4, R, T, C, K, at[1]);
  });
  return y;
});

registerCpuForm("WsvadSharedConvGradWeight", (backend, { x, dy }, attributes) => {
  const { kernels: H, kernelSize: K } = attributes;
  const { passes } = backend;
  const [R, T, C] = x.shape;
  const out = backend.output([H, K]);
  const width = K * C * 4;
  backend.withScratch(width + passes.sharedConvScratchBytes(C, K), (sums) => {
    const [from, slope] = [x, dy].map((info) => backend.address(info));
    passes.sharedConvGradient(from, slope, R, T, C, K, sums, sums + width);
    const perChannel = new Float32Array(backend.heap.buffer, sums, K * C);
    const to = backend.floats(out);
    for (let h = 0; h < H; h++) {
      for (let k = 0; k < K; k++) {
        let sum = 0;
        for (let c = h; c < C; c += H) sum += perChannel[k * C + c];
        to[h * K + k] = sum;
      }
    }
  });
  return out;
});
