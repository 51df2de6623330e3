/** The section `trainer`: how long, how often, from which seed. */

import { z } from "zod";
import { selectableMetrics } from "../../metrics/metric_table.ts";

export const trainerSchema = z.strictObject({
  loop: z.enum(["steps", "epochs"]).default("steps").describe(
    "steps: each loader restarts on its own when it is used up; epochs: the shorter loader ends the epoch",
  ),
  max_steps: z.int().min(1).default(1000).describe("Optimiser steps with loop: steps"),
  max_epochs: z.int().min(1).default(50).describe("Epochs with loop: epochs"),
  eval_every: z.int().min(1).nullable().default(null).describe(
    "Steps between evaluations; null: after every epoch with loop: epochs, only at the end with loop: steps",
  ),
  eval_start: z.int().min(0).default(0).describe("No evaluation before this step"),
  select: z.enum([...selectableMetrics, "last"]).default("roc_auc")
    .describe(
      "Metric by which the best weights are kept; the first of equal values wins; align_: of the text branch; last: no choice, the last weights",
    ),
  reload_best: z.enum(["epoch"]).nullable().default(null).describe(
    "epoch: at the end of every epoch training goes on from the best weights so far, the optimiser's state stays; null: from the last ones",
  ),
  seed: z.int().min(0).max(0xffffffff).default(0).describe(
    "Seed of weights, dropout, noise and shuffling",
  ),
  accumulate: z.int().min(1).max(100_000).default(1).describe(
    "Batches whose gradients are averaged into one optimiser step; batch norm still sees single batches",
  ),
  precision: z.literal([32, "16-mixed"]).default(32).describe(
    "32: float32 throughout; 16-mixed: operands of large products and of attention rounded to float16, sums and all storage in float32, where the adapter has shader-f16",
  ),
  capture: z.enum(["auto", "off"]).default("auto").describe(
    "auto: record the training step, and the scoring of videos of equal length, on the GPU and replay them where that is possible; off: never; the numbers are the same",
  ),
  threads: z.int().min(1).nullable().default(null).describe(
    "Threads of the cpu device beside those of a BLAS; null: WSVAD_THREADS, else one for each core; --threads goes first; the numbers are the same",
  ),
  log_every: z.int().min(1).default(10).describe("Steps between lines of log.jsonl"),
  checkpoint_every: z.int().min(1).default(100).describe(
    "Steps between writes of last.safetensors, from which a killed run resumes",
  ),
});

export type TrainerConfig = z.infer<typeof trainerSchema>;
