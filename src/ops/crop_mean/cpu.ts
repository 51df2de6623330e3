/** Mean over the crop axis on the cpu: all crops of sixteen values at a time. */

import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadCropMean", (backend, { x }) => {
  const [videos, crops, ...rest] = x.shape;
  const y = backend.output([videos, ...rest]), width = sizeOf(rest);
  const onHost = backend.hostFloats(x);
  if (!onHost) {
    backend.passes.middleMean(backend.address(x), videos, crops, width, backend.address(y));
    return y;
  }
  let out = backend.address(y);
  for (const part of onHost.parts) {
    const size = [part.length / (crops * width), crops, width] as const;
    if (onHost.lasting) lastingMean(backend, part, size, out);
    else meanFromHost(backend, part, size, out);
    out += 4 * size[0] * width;
  }
  return y;
}, { readsHost: true });

type Size = readonly [videos: number, crops: number, width: number];

/** Means of arrays that nobody changes: videos that stay in memory come in every pass. */
const known = new WeakMap<Float32Array, { crops: number; mean: Float32Array }>();

/** Mean of x [videos, crops, width], which nobody changes, to the heap. */
function lastingMean(backend: CpuBackend, x: Float32Array, size: Size, out: number): void {
  const [videos, crops, width] = size;
  const before = known.get(x);
  if (before?.crops === crops) {
    new Float32Array(backend.heap.buffer, out, videos * width).set(before.mean);
    return;
  }
  meanFromHost(backend, x, size, out);
  known.set(x, { crops, mean: new Float32Array(backend.heap.buffer, out, videos * width).slice() });
}

/** Values of a crop that are copied at a time: with ten crops they stay in a core's cache. */
const PIECE = 1 << 12;

/**
 * Mean of x [videos, crops, width] in JavaScript's memory, to the heap: of a copy that never leaves
 * the cache.
 */
function meanFromHost(
  backend: CpuBackend,
  x: Float32Array,
  [videos, crops, width]: Size,
  out: number,
): void {
  const piece = Math.min(PIECE, width);
  backend.withScratch(4 * crops * piece, (scratch) => {
    const copy = new Float32Array(backend.heap.buffer, scratch, crops * piece);
    for (let video = 0; video < videos; video++) {
      for (let from = 0; from < width; from += piece) {
        const count = Math.min(piece, width - from);
        for (let crop = 0; crop < crops; crop++) {
          const at = (video * crops + crop) * width + from;
          copy.set(x.subarray(at, at + count), crop * count);
        }
        backend.passes.middleMean(scratch, 1, crops, count, out + 4 * (video * width + from));
      }
    }
  });
}

registerCpuForm("WsvadCropMeanGradient", (backend, { dy }, { crops }) => {
  const [videos, ...rest] = dy.shape;
  const dx = backend.output([videos, crops, ...rest]);
  const [from, to] = [backend.address(dy), backend.address(dx)];
  backend.passes.middleMeanGradient(from, videos, crops, sizeOf(rest), to);
  return dx;
});
