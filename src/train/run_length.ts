/** Where a training ends, and at which of its steps the model is evaluated. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import type { BatchLoader } from "../data/batches.ts";

type TrainerConfig = ResolvedConfig["trainer"];

/** Step at which a run with these settings ends. */
export function lastStep(trainer: TrainerConfig, loader: BatchLoader): number {
  return trainer.loop === "steps"
    ? trainer.max_steps
    : trainer.max_epochs * stepsPerEpoch(loader, trainer.accumulate);
}

/** Optimiser steps of an epoch; without a complete one, the whole of the data is a step's part. */
export function stepsPerEpoch(loader: BatchLoader, accumulate: number): number {
  return Math.max(1, Math.floor(loader.stepsPerEpoch / accumulate));
}

/** Whether the model is evaluated after `step`, the last one or not, which may end an epoch. */
export function evaluationIsDue(
  trainer: TrainerConfig,
  step: number,
  { epochEnded, done }: { epochEnded: boolean; done: boolean },
): boolean {
  if (done) return true;
  if (step < trainer.eval_start) return false;
  if (trainer.eval_every !== null && step % trainer.eval_every === 0) return true;
  return trainer.loop === "epochs" && epochEnded;
}
