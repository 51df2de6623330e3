/**
 * Convolution over time on the cpu: one product per tap over all rows, added up in place.
 *
 * No padded copy and no im2col. Tap k moves the rows by a shift s: y[r, t] += x[r, t + s] W_k^T. As
 * one product over the flattened rows that is right except where t + s leaves the sequence and
 * meets its neighbour; those |s| rows of each sequence are saved before the product and put back
 * after it. The products do |s| / T too much work, a few percent, where padding would cost a walk
 * over x.
 */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { addBiasAndActivate } from "../activation/cpu.ts";
import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

interface Tap {
  k: number;
  shift: number;
}

/**
 * The taps that reach into a sequence of T snippets, the centre first: it alone covers every row.
 */
function tapsWithin(taps: number, dilation: number, T: number): Tap[] {
  return Array.from({ length: taps }, (_, k) => ({ k, shift: (k - (taps - 1) / 2) * dilation }))
    .filter(({ shift }) => Math.abs(shift) < T)
    .sort((a, b) => Number(a.shift !== 0) - Number(b.shift !== 0) || a.k - b.k);
}

/** weight [O, C, K] as K matrices [O, C]; `body` gets the address of the first. */
function withTaps<T>(
  backend: CpuBackend,
  weight: tf.TensorInfo,
  body: (taps: number) => T,
): T {
  const [O, C, K] = weight.shape;
  if (K === 1) return body(backend.address(weight));
  return backend.withScratch(sizeOf(weight.shape) * 4, (taps) => {
    backend.passes.splitTaps(backend.address(weight), taps, O * C, K, O * C * 4);
    return body(taps);
  });
}

/**
 * Runs `body` while the first or last snippets of each of R sequences of x are saved, and puts them
 * back, whatever happens: snippets 0 .. -from - 1 if `from` is negative, else T - from .. T - 1.
 * `zeroed` clears them first.
 */
function withEdgeSaved(
  backend: CpuBackend,
  address: number,
  [R, T, width]: [number, number, number],
  from: number,
  zeroed: boolean,
  body: () => void,
): void {
  const count = Math.abs(from);
  if (count === 0) return body();
  const bytes = count * width * 4, step = T * width * 4;
  const edge = address + (from > 0 ? (T - count) * width * 4 : 0);
  backend.withScratch(R * bytes, (saved) => {
    backend.passes.gatherBlocks(edge, step, R, bytes, saved);
    if (zeroed) backend.passes.clearBlocks(edge, step, R, bytes);
    try {
      body();
    } finally {
      backend.passes.scatterBlocks(saved, edge, step, R, bytes);
    }
  });
}

registerCpuForm("WsvadTemporalConv", (backend, { x, weight, bias }, attributes) => {
  const { dilation, activation } = attributes;
  const [R, T, C] = x.shape, [O, , K] = weight.shape;
  const y = backend.output([R, T, O]);
  const xAt = backend.address(x), yAt = backend.address(y);
  withTaps(backend, weight, (taps) => {
    for (const { k, shift } of tapsWithin(K, dilation, T)) {
      const rows = R * T - Math.abs(shift);
      const from = xAt + Math.max(0, shift) * C * 4, to = yAt + Math.max(0, -shift) * O * 4;
      const tap = taps + k * O * C * 4, beta = shift === 0 ? 0 : 1;
      // y rows whose partner t + shift lies in the neighbouring sequence
      withEdgeSaved(backend, yAt, [R, T, O], shift, false, () => {
        backend.gemm.sgemm(false, true, rows, O, C, 1, from, C, tap, C, beta, to, O);
      });
    }
  });
  addBiasAndActivate(backend, y, bias, activation);
  return y;
});

registerCpuForm("WsvadTemporalConvGradInput", (backend, { dz, weight }, { dilation }) => {
  const [R, T, O] = dz.shape, [, C, K] = weight.shape;
  const dx = backend.output([R, T, C]);
  const dzAt = backend.address(dz), dxAt = backend.address(dx);
  withTaps(backend, weight, (taps) => {
    for (const { k, shift } of tapsWithin(K, dilation, T)) {
      const rows = R * T - Math.abs(shift);
      const from = dzAt + Math.max(0, -shift) * O * 4, to = dxAt + Math.max(0, shift) * C * 4;
      const tap = taps + k * O * C * 4, beta = shift === 0 ? 0 : 1;
      // dx rows whose partner t - shift lies in the neighbouring sequence
      withEdgeSaved(backend, dxAt, [R, T, C], -shift, false, () => {
        backend.gemm.sgemm(false, false, rows, C, O, 1, from, O, tap, C, beta, to, C);
      });
    }
  });
  return dx;
});

registerCpuForm("WsvadTemporalConvGradWeight", (backend, { x, dz }, attributes) => {
  const { dilation, kernelSize: K } = attributes;
  const [R, T, C] = x.shape, O = dz.shape[2];
  const weight = backend.output([O, C, K]);
  const bytes = O * C * 4;
  const xAt = backend.address(x), dzAt = backend.address(dz);
  const fill = (taps: number) => {
    const within = tapsWithin(K, dilation, T);
    if (within.length < K) new Uint8Array(backend.heap.buffer, taps, K * bytes).fill(0);
    for (const { k, shift } of within) {
      const rows = R * T - Math.abs(shift);
      const from = xAt + Math.max(0, shift) * C * 4, by = dzAt + Math.max(0, -shift) * O * 4;
      // a pair across two sequences must not enter the sum: its dz is zero meanwhile
      withEdgeSaved(backend, dzAt, [R, T, O], shift, true, () => {
        backend.gemm.sgemm(true, false, O, C, rows, 1, by, O, from, C, 0, taps + k * bytes, C);
      });
    }
  };
  if (K === 1) {
    fill(backend.address(weight));
  } else {
    backend.withScratch(K * bytes, (taps) => {
      fill(taps);
      backend.passes.joinTaps(taps, backend.address(weight), O * C, K, bytes);
    });
  }
  return weight;
});
