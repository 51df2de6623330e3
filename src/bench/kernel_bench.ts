/**
 * Times kernels against the machine's own peak and against the same thing made of tfjs's own
 * operations.
 */

import * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { withStockProducts } from "../device/webgpu/tfjs/overrides.ts";
import { withComposedForms } from "../ops/kernel/kernel.ts";
import type { CaseSizes, CaseTensors, KernelCase } from "../ops/kernel/kernel_case.ts";
import { runCase, tensorsOf, valuesOf } from "../ops/kernel/run_case.ts";
import { mediansOf, type Repetition } from "./device_time.ts";

/**
 * RTFM's batch of four videos a side at half of I3D's channels; a whole transformer layer's
 * parameters.
 */
export const REALISTIC: CaseSizes = { B: 8, N: 10, T: 32, C: 1024, O: 512, k: 3, P: 4_000_000 };
export const QUICK: CaseSizes = { B: 4, N: 2, T: 32, C: 128, O: 64, k: 3, P: 100_000 };

/** What the machine does at best, measured in the same run. */
export interface Peaks {
  /** A large product. */
  gflops: number;
  /** A large copy: read and write. */
  gigabytesPerSecond: number;
}

export interface KernelFigures {
  name: string;
  milliseconds: number;
  /** Of a kernel that computes; null where memory decides. */
  gflops: number | null;
  gigabytesPerSecond: number;
  /** Of the peak that bounds it: of a product's GFLOP/s, else of a copy's GB/s. */
  fractionOfPeak: number;
  /**
   * The same composed of tfjs's operations on this device; the cpu device's products by the BLAS.
   */
  stockMilliseconds: number;
  /** How many times faster than that. */
  speedup: number;
}

/**
 * A product of [size, size] and a copy of `copied` numbers. Those of the product are random: a
 * card's clock is higher on equal ones.
 */
export async function measurePeaks(
  device: Device,
  { size, copied }: { size: number; copied: number },
  repetition: Repetition,
): Promise<Peaks> {
  const a = tf.randomUniform([size, size], -1, 1, "float32", 1) as tf.Tensor2D;
  const long = tf.fill([copied], 0.5);
  const [product, copy] = await mediansOf(device, [
    { run: () => void tf.matMul(a, a) },
    { run: () => void tf.mul(long, 1) },
  ], repetition);
  tf.dispose([a, long]);
  return { gflops: 2 * size ** 3 / product / 1e9, gigabytesPerSecond: 8 * copied / copy / 1e9 };
}

/**
 * Times a case and the same composed of tfjs's operations, in turn.
 *
 * @param bench a case with a timing
 */
export async function benchKernel(
  device: Device,
  bench: KernelCase,
  peaks: Peaks,
  repetition: Repetition,
): Promise<KernelFigures> {
  const { flops, stock: other, variables = [] } = bench.timing!;
  const inputs = timedInputs(bench);
  const outputs = tf.tidy(() => timedRun(bench, inputs));
  const bytes = bytesMoved(bench, inputs, outputs);
  tf.dispose(outputs);
  const others = variables.length > 0 ? timedInputs(bench) : inputs;
  const run = (on: CaseTensors) => void timedRun(bench, on);
  const composed = () =>
    withStockProducts(() => other ? void other(others) : withComposedForms(() => run(others)));
  const [seconds, stock] = await mediansOf(device, [
    { run: () => run(inputs) },
    { run: composed, assigned: variables.map((name) => others[name] as tf.Variable) },
  ], repetition);
  tf.dispose([inputs, others]);
  const gflops = flops > 0 ? flops / seconds / 1e9 : null;
  const gigabytesPerSecond = bytes / seconds / 1e9;
  return {
    name: bench.name,
    milliseconds: seconds * 1e3,
    gflops,
    gigabytesPerSecond,
    fractionOfPeak: gflops === null
      ? gigabytesPerSecond / peaks.gigabytesPerSecond
      : gflops / peaks.gflops,
    stockMilliseconds: stock * 1e3,
    speedup: stock / seconds,
  };
}

/** The inputs of a timed case on the device; the caller disposes them. */
export function timedInputs({ inputs, timing }: KernelCase): CaseTensors {
  const tensors = tensorsOf(inputs, valuesOf(inputs));
  for (const name of timing?.variables ?? []) {
    const tensor = tensors[name];
    tensors[name] = tf.variable(tensor, false);
    tensor.dispose();
  }
  return tensors;
}

/** The outputs of what is timed. */
export function timedRun(bench: KernelCase, inputs: CaseTensors): tf.Tensor[] {
  const run = bench.timing?.run;
  return run ? [run(inputs) ?? []].flat() : runCase(bench, inputs);
}

/** Bytes that a kernel must move at least: every input and output once, variables both ways. */
function bytesMoved(
  { timing }: KernelCase,
  inputs: CaseTensors,
  outputs: tf.Tensor[],
): number {
  const changed = (timing?.variables ?? []).map((name) => inputs[name]);
  const moved = [...Object.values(inputs), ...changed, ...outputs];
  return 4 * moved.reduce((sum, { size }) => sum + size, 0);
}
