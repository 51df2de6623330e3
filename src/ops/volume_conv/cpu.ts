/**
 * Convolution over frames, rows and columns on the cpu: windows of some outputs at a time are
 * gathered into bounded scratch memory and multiplied.
 *
 * Where frames are wide, the windows of one frame of the input alone are gathered, once, and
 * multiplied with the taps of each output frame that sees it: a kernel over three frames gathers a
 * third of what its windows hold. Frames of few places would make products of few rows, which the
 * BLAS is slow at: there the windows run over frames too. Either way the order of the sums depends
 * on the sizes alone.
 */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { addBiasAndActivate } from "../activation/cpu.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";
import { isPlain, type VolumeConvAttributes, type Windows } from "./op.ts";

/** Places of a frame from which frames are worked on one by one. */
const WIDE_FRAME = 256;
/**
 * Rows that a product has at least, and floats of the windows that are gathered for larger ones.
 */
const FEWEST_ROWS = 512, GATHERED = 1 << 20;

/** Addresses and sizes of a convolution that runs. */
interface Job {
  backend: CpuBackend;
  windows: Windows;
  /** N, T, H, W, C. */
  shape: number[];
  x: number;
  weight: number;
  y: number;
  O: number;
}

registerCpuForm("WsvadVolumeConv", (backend, { x, weight, bias }, attributes) => {
  const { activation, ...windows } = attributes as VolumeConvAttributes;
  const O = weight.shape[1];
  const y = backend.output([x.shape[0], ...windows.out, O]);
  const address = (info: tf.TensorInfo) => backend.address(info);
  const job: Job = {
    ...{ backend, windows, shape: x.shape, O },
    ...{ x: address(x), weight: address(weight), y: address(y) },
  };
  const [, OH, OW] = windows.out;
  if (isPlain(windows, x.shape)) {
    const rows = x.shape.slice(0, 4).reduce((product, size) => product * size, 1);
    multiply(job, { rows, K: x.shape[4], from: job.x, by: job.weight, to: job.y, beta: 0 });
  } else if (windows.kernel[0] > 1 && OH * OW >= WIDE_FRAME) {
    frameByFrame(job);
  } else {
    blockByBlock(job);
  }
  addBiasAndActivate(backend, y, bias, activation);
  return y;
});

interface Rows {
  rows: number;
  K: number;
  from: number;
  by: number;
  to: number;
  beta: number;
}

function multiply({ backend, O }: Job, { rows, K, from, by, to, beta }: Rows): void {
  backend.gemm.sgemm(false, false, rows, O, K, 1, from, K, by, O, beta, to, O);
}

/** Rows of windows of K floats that are gathered at once, of `total`. */
function rowsAtOnce(K: number, total: number): number {
  return Math.min(total, Math.max(FEWEST_ROWS, Math.floor(GATHERED / K)));
}

/** Gathers windows of the outputs [first, first + rows) of the volume at `x`. */
function gather(
  { backend, shape: [, , H, W, C] }: Job,
  { kernel, stride, front, out }: Windows,
  { x, T, first, rows, to }: { x: number; T: number; first: number; rows: number; to: number },
): void {
  backend.passes.gatherWindows(
    ...[x, T, H, W, C] as const,
    ...kernel,
    ...stride,
    ...front,
    ...out,
    ...[first, rows, to] as const,
  );
}

/** All windows, some outputs at a time. */
function blockByBlock(job: Job): void {
  const { backend, windows, shape: [N, T, , , C], O } = job;
  const [kt, kh, kw] = windows.kernel, [OT, OH, OW] = windows.out;
  const K = kt * kh * kw * C, total = N * OT * OH * OW;
  const most = rowsAtOnce(K, total);
  backend.withScratch(most * K * 4, (scratch) => {
    for (let first = 0; first < total; first += most) {
      const rows = Math.min(most, total - first);
      gather(job, windows, { x: job.x, T, first, rows, to: scratch });
      const to = job.y + first * O * 4;
      multiply(job, { rows, K, from: scratch, by: job.weight, to, beta: 0 });
    }
  });
}

/** The windows of each frame once, for all output frames that see it. */
function frameByFrame(job: Job): void {
  const { backend, windows, shape: [N, T, H, W, C], O } = job;
  const { kernel: [kt, kh, kw], stride: [st], front: [pt], out: [OT, OH, OW] } = windows;
  const flat: Windows = {
    kernel: [1, kh, kw],
    stride: [1, windows.stride[1], windows.stride[2]],
    front: [0, windows.front[1], windows.front[2]],
    out: [1, OH, OW],
  };
  const K = kh * kw * C, places = OH * OW, most = rowsAtOnce(K, places);
  const asItLies = isPlain(flat, [1, 1, H, W]);
  const begun = new Uint8Array(OT);
  const frame = (n: number, t: number, scratch: number) => {
    const x = job.x + (n * T + t) * H * W * C * 4;
    for (let first = 0; first < places; first += most) {
      const rows = Math.min(most, places - first);
      if (!asItLies) gather(job, flat, { x, T: 1, first, rows, to: scratch });
      const from = asItLies ? x + first * C * 4 : scratch;
      for (let tap = 0; tap < kt; tap++) {
        const seenBy = (t + pt - tap) / st;
        if (!Number.isInteger(seenBy) || seenBy < 0 || seenBy >= OT) continue;
        const to = job.y + (((n * OT + seenBy) * places) + first) * O * 4;
        multiply(job, { rows, K, from, by: job.weight + tap * K * O * 4, to, beta: begun[seenBy] });
      }
    }
    for (let tap = 0; tap < kt; tap++) {
      const seenBy = (t + pt - tap) / st;
      if (Number.isInteger(seenBy) && seenBy >= 0 && seenBy < OT) begun[seenBy] = 1;
    }
  };
  backend.withScratch(asItLies ? 0 : most * K * 4, (scratch) => {
    for (let n = 0; n < N; n++) {
      begun.fill(0);
      for (let t = 0; t < T; t++) frame(n, t, scratch);
      begun.forEach((value, t) => {
        if (value) return; // else it sees no frame at all
        const at = job.y + (n * OT + t) * places * O * 4;
        new Uint8Array(backend.heap.buffer, at, places * O * 4).fill(0);
      });
    }
  });
}
