/**
 * tfjs's sums and broadcast arithmetic on our passes: its own add a million values in one float32
 * (off by 4e-5), turn the tensor over before a sum over leading axes, and walk broadcast operands
 * index by index.
 */

import * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../cpu_backend.ts";
import { replaceKernel } from "./cpu_kernel.ts";

/** `op` of the pass `binary`, and of the same with the operands exchanged. */
const OPERATIONS: Record<string, [op: number, exchanged: number]> = {
  Add: [0, 0],
  Sub: [1, 4],
  Multiply: [2, 2],
  RealDiv: [3, 5],
};

interface Spread {
  rows: number;
  columns: number;
  spread: number;
}

/**
 * How `small` lies within `large`, if it is as large, one row, or one value a row: rows x columns
 * of `large` and the pass's code.
 */
function spreadOf(small: number[], large: number[]): Spread | undefined {
  const size = tf.util.sizeFromShape(large), part = tf.util.sizeFromShape(small);
  if (small.length > large.length) return undefined;
  const padded = [...Array(large.length - small.length).fill(1), ...small];
  if (part === size) return { rows: 1, columns: size, spread: 0 };
  if (part === 1) return { rows: 1, columns: size, spread: 2 };
  const differs = padded.map((length, axis) => length !== large[axis]);
  const first = differs.indexOf(true), last = differs.lastIndexOf(true);
  if (padded.some((length, axis) => differs[axis] && length !== 1)) return undefined;
  // all axes before some point are broadcast: one row; all from some point on: one value a row
  const leading = large.slice(0, last + 1), trailing = large.slice(first);
  if (padded.slice(0, last + 1).every((length) => length === 1)) {
    const rows = tf.util.sizeFromShape(leading);
    return { rows, columns: size / rows, spread: 1 };
  }
  if (padded.slice(first).every((length) => length === 1)) {
    const columns = tf.util.sizeFromShape(trailing);
    return { rows: size / columns, columns, spread: 2 };
  }
  return undefined;
}

function installBinary(kernelName: string, [op, exchanged]: [number, number]): void {
  const stock = tf.getKernel(kernelName, "wasm");
  replaceKernel(kernelName, (call) => {
    const { a, b } = call.inputs as Record<string, tf.TensorInfo>;
    const backend = call.backend as CpuBackend;
    if (a.dtype !== "float32" || b.dtype !== "float32") return stock.kernelFunc(call);
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const size = tf.util.sizeFromShape(shape);
    const whole = tf.util.sizeFromShape(a.shape) === size ? a : b;
    const part = whole === a ? b : a;
    const found = size > 0 && tf.util.sizeFromShape(whole.shape) === size
      ? spreadOf(part.shape, shape)
      : undefined;
    if (!found) return stock.kernelFunc(call);
    const out = backend.output(shape);
    const { rows, columns, spread } = found;
    const [x, y, to] = [whole, part, out].map((info) => backend.address(info));
    backend.passes.binary(whole === a ? op : exchanged, spread, x, y, rows, columns, to);
    return out;
  }, stock.setupFunc);
}

interface ReductionAttributes {
  axis: number | number[];
  keepDims: boolean;
}

/** Sum or mean over neighbouring axes: x as [outer, reduced, inner]. */
function installReduction(kernelName: "Sum" | "Mean"): void {
  const stock = tf.getKernel(kernelName, "wasm");
  replaceKernel(kernelName, (call) => {
    const { x } = call.inputs as Record<string, tf.TensorInfo>;
    const backend = call.backend as CpuBackend;
    const { axis, keepDims } = call.attrs as unknown as ReductionAttributes;
    const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
    const neighbours = axes.every((at, i) => i === 0 || at === axes[i - 1] + 1);
    const size = tf.util.sizeFromShape(x.shape);
    if (x.dtype !== "float32" || !neighbours || axes.length === 0 || size === 0) {
      return stock.kernelFunc(call);
    }
    const outer = tf.util.sizeFromShape(x.shape.slice(0, axes[0]));
    const inner = tf.util.sizeFromShape(x.shape.slice(axes.at(-1)! + 1));
    const reduced = size / (outer * inner);
    const shape = x.shape.flatMap((length, at) => {
      return axes.includes(at) ? (keepDims ? [1] : []) : [length];
    });
    const out = backend.output(shape);
    const divisor = kernelName === "Mean" ? reduced : 1;
    const from = backend.address(x), to = backend.address(out);
    const { passes } = backend;
    if (inner === 1) {
      passes.rowSums(from, outer, reduced, divisor, to);
    } else {
      backend.withScratch(passes.columnScratchBytes(inner), (scratch) => {
        for (let i = 0; i < outer; i++) {
          const block = from + i * reduced * inner * 4;
          passes.columnSum(block, reduced, inner, divisor, to + i * inner * 4, scratch);
        }
      });
    }
    return out;
  }, stock.setupFunc);
}

/** Registers them for the wasm backend; what does not fit the passes goes to tfjs's own kernels. */
export function installArithmeticKernels(): void {
  for (const [kernelName, codes] of Object.entries(OPERATIONS)) installBinary(kernelName, codes);
  installReduction("Sum");
  installReduction("Mean");
}
