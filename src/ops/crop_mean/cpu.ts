/** Mean over the crop axis on the cpu: all crops of sixteen values at a time. */

import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadCropMean", (backend, { x }) => {
  const [videos, crops, ...rest] = x.shape;
  const y = backend.output([videos, ...rest]), width = sizeOf(rest);
  const onHost = backend.hostFloats(x);
  if (onHost) meanFromHost(backend, onHost, [videos, crops, width], backend.address(y));
  else backend.passes.middleMean(backend.address(x), videos, crops, width, backend.address(y));
  return y;
}, { readsHost: true });

/** Values of a crop that are copied at a time: with ten crops they stay in a core's cache. */
const PIECE = 1 << 12;

/**
 * Mean of x [videos, crops, width] in JavaScript's memory, to the heap: of a copy that never leaves
 * the cache.
 */
function meanFromHost(
  backend: CpuBackend,
  x: Float32Array,
  [videos, crops, width]: [number, number, number],
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
