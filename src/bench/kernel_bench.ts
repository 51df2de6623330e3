/** Times kernels against the machine's own peak and against the same thing made of tfjs's own operations. */

import * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { withStockProducts } from "../device/webgpu/tfjs_overrides.ts";
import { withComposedForms } from "../ops/kernel/kernel.ts";
import { bytesMoved, inputsOf, type KernelBench } from "./kernel_table.ts";
import { median, secondsOf } from "./measure.ts";

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
  /** The same composed of tfjs's operations on this device; the cpu device's products by the BLAS. */
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

export async function benchKernel(
  device: Device,
  bench: KernelBench,
  peaks: Peaks,
  repetition: Repetition,
): Promise<KernelFigures> {
  const inputs = inputsOf(bench);
  const outputs = [tf.tidy(() => bench.run(inputs) ?? [])].flat();
  const bytes = bytesMoved(bench, inputs, outputs);
  tf.dispose(outputs);
  const own = () => void bench.run(inputs);
  const { stock: other } = bench;
  const composed = () =>
    withStockProducts(() => other ? void other(inputs) : withComposedForms(own));
  const [seconds, stock] = await mediansOf(
    device,
    [own, composed],
    repetition,
  );
  tf.dispose(inputs);
  const gflops = bench.flops > 0 ? bench.flops / seconds / 1e9 : null;
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
