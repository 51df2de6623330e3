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
import { median, secondsOf } from "./measure.ts";

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

export interface Repetition {
  /** Measurements, of which the middle counts. */
  repeats: number;
  /** A measurement lasts at least this long: as many runs as it takes. */
  secondsEach: number;
}

/** Median seconds of one run, of each work; measured in turn, after a run that compiles. */
async function mediansOf(
  device: Device,
  works: (() => void)[],
  { repeats, secondsEach }: Repetition,
): Promise<number[]> {
  const timed = (work: () => void, runs: number) =>
    secondsOf(async () => {
      for (let run = 0; run < runs; run++) tf.tidy(work);
      await device.synchronise();
    });
  const plans: { work: () => void; runs: number; seconds: number[] }[] = [];
  for (const work of works) {
    await timed(work, 1);
    const once = await timed(work, 1);
    plans.push({ work, runs: Math.max(1, Math.ceil(secondsEach / once)), seconds: [] });
  }
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const { work, runs, seconds } of plans) seconds.push(await timed(work, runs) / runs);
  }
  device.assertHealthy();
  return plans.map(({ seconds }) => median(seconds));
}

/** A product of [size, size] and a copy of `copied` numbers. */
export async function measurePeaks(
  device: Device,
  { size, copied }: { size: number; copied: number },
  repetition: Repetition,
): Promise<Peaks> {
  const a = tf.fill([size, size], 0.5) as tf.Tensor2D, long = tf.fill([copied], 0.5);
  const [product, copy] = await mediansOf(device, [
    () => void tf.matMul(a, a),
    () => void tf.mul(long, 1),
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
  const { flops, stock: other } = bench.timing!;
  const inputs = timedInputs(bench);
  const outputs = tf.tidy(() => timedRun(bench, inputs));
  const bytes = bytesMoved(bench, inputs, outputs);
  tf.dispose(outputs);
  const own = () => void timedRun(bench, inputs);
  const composed = () =>
    withStockProducts(() => other ? void other(inputs) : withComposedForms(own));
  const [seconds, stock] = await mediansOf(
    device,
    [own, composed],
    repetition,
  );
  tf.dispose(inputs);
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
