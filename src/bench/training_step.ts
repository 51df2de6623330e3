/**
 * One whole training step on random numbers: upload, forward, backward, update. Its losses wait in
 * the bench's watch until the caller reads them.
 */

import type { Batch } from "../data/video.ts";
import type { Context } from "../contract/slot.ts";
import type { CapturedStep } from "../train/captured_step.ts";
import { update } from "../train/update.ts";
import { uploadBatch } from "../train/upload.ts";
import type { BenchModel } from "./bench_model.ts";
import { secondsInDriver } from "./measure.ts";

/** The step of that number, as training makes it without capture. */
export async function eagerStep(bench: BenchModel, batch: Batch, step: number): Promise<void> {
  const { model, optimizer, watch, config: { runner } } = bench;
  const context = contextOf(bench, step);
  await update(
    model,
    { optimizer, clipNorm: runner.grad_clip_norm, mixed: null },
    runner.optimizer.lr,
    [() => Promise.resolve({ batch: uploadBatch(batch), context })],
    (pass, squares) => watch.add({ step, epoch: 0, lr: 0 }, pass, squares),
  );
}

/**
 * The same through a captured step, recorded and replayed as it sees fit.
 *
 * @returns seconds until all of it was on its way to the GPU, and those of them that WebGPU itself
 *     took
 */
export async function capturedStep(
  captured: CapturedStep,
  bench: BenchModel,
  batch: Batch,
  step: number,
): Promise<{ seconds: number; driverSeconds: number }> {
  const context = contextOf(bench, step), { watch } = bench;
  const start = performance.now();
  const driverSeconds = await secondsInDriver(() =>
    captured.run(
      batch,
      context,
      bench.config.runner.optimizer.lr,
      (names, numbers) => watch.addNumbers({ step, epoch: 0, lr: 0 }, names, numbers),
    )
  );
  const seconds = (performance.now() - start) / 1000;
  return { seconds, driverSeconds };
}

function contextOf({ random }: BenchModel, step: number): Context {
  random.step = step;
  return { mode: "train", random, step, epoch: 0 };
}
