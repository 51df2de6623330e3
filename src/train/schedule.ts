/** The learning rate of each step. */

import type { ScheduleConfig } from "../config/schema/index.ts";

/** How far training has come, before the step in question. */
export interface Progress {
  completedSteps: number;
  completedEpochs: number;
  /** Steps of the whole run. */
  totalSteps: number;
}

/** Learning rate of the next step: PyTorch's MultiStepLR (by epochs) and cosine annealing (by steps to 0, or by epochs). */
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
    case "cosine":
      return base / 2 * (1 + Math.cos(Math.PI * progress.completedSteps / progress.totalSteps));
  }
}
