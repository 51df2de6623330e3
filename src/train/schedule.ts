/** The learning rate of each step. */

import type { ScheduleConfig } from "../config/schema/index.ts";

/** How far training has come, before the step in question. */
export interface Progress {
  completedSteps: number;
  completedEpochs: number;
  /** Steps of the whole run. */
  totalSteps: number;
}

/**
 * Learning rate of the next step: PyTorch's MultiStepLR (by epochs) and cosine annealing (by steps
 * to 0, or by epochs).
 */
export function learningRate(schedule: ScheduleConfig, base: number, progress: Progress): number {
  switch (schedule.name) {
    case "constant":
      return base;
    case "multi_step": {
      const passed = schedule.milestones.filter((epoch) => epoch <= progress.completedEpochs);
      return base * schedule.gamma ** passed.length;
    }
    case "cosine_epochs":
      return base / 2 * (1 + Math.cos(Math.PI * progress.completedEpochs / schedule.period));
    case "warmup_cosine": {
      const { warmup_steps: warmup, total_steps: total, final_factor: final } = schedule;
      const step = progress.completedSteps;
      if (step < warmup) return base * step / (warmup - 1);
      const part = step < total ? (step - warmup) / (total - warmup) : 1;
      return base * (final + (1 - final) / 2 * (1 + Math.cos(Math.PI * part)));
    }
    case "cosine":
      return base / 2 * (1 + Math.cos(Math.PI * progress.completedSteps / progress.totalSteps));
  }
}
