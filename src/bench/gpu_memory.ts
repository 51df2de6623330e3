/**
 * What a training step with a method's official batch takes of a GPU's memory, counted without one.
 */

import type { WsvadWebGPUBackend } from "../device/webgpu/backend.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { loadForms } from "../ops/operations.ts";
import { CapturedStep } from "../train/captured_step.ts";
import { benchModel } from "./bench_model.ts";
import { type BatchShape, officialBatch, randomBatch } from "./official_batch.ts";
import { capturedStep, eagerStep } from "./training_step.ts";

export interface GpuMemory {
  runner: string;
  /** [B, N, T, D]. */
  batch: BatchShape;
  /** Bytes of tensors at most, parameters and the optimiser's state among them, without capture. */
  usedBytes: number;
  /**
   * Bytes of all buffers at most, those that wait to be used again among them: without capture, and
   * with.
   */
  allocatedBytes: number;
  capturedBytes: number;
  /** Of a replayed step. */
  dispatches: number;
}

/** Steps that warm a captured step up: two as always, one recorded, one compared. */
const CAPTURE_STEPS = 5;

/**
 * Two steps without capture, then some with.
 *
 * @param backend a dry GPU's; whatever it holds counts, so one of its own for each method
 * @param videos of the batch, both sides together; absent: the paper's
 */
export async function countGpuMemory(
  backend: WsvadWebGPUBackend,
  config: ResolvedConfig,
  videos?: number,
): Promise<GpuMemory> {
  await loadForms("gpu");
  const shape = officialBatch(config, videos);
  const bench = benchModel(config, shape[3] - Number(config.data.magnitude), backend);
  const batch = randomBatch(shape);
  let step = 0;
  while (step < 2) await eagerStep(bench, batch, step++);
  const usedBytes = backend.use.peak, allocatedBytes = backend.allocated.peak;
  let refused: string | undefined;
  const captured = new CapturedStep(
    backend,
    bench.model,
    { optimizer: bench.optimizer, clipNorm: config.runner.grad_clip_norm, mixed: null },
    (reason) => refused = reason,
  );
  for (let i = 0; i < CAPTURE_STEPS; i++) await capturedStep(captured, bench, batch, step++);
  if (refused !== undefined) throw new Error(`The step of ${config.runner.name}: ${refused}`);
  const dispatches = captured.dispatches!;
  captured.dispose();
  bench.dispose();
  return {
    runner: config.runner.name,
    batch: shape,
    usedBytes,
    allocatedBytes,
    capturedBytes: backend.allocated.peak,
    dispatches,
  };
}
