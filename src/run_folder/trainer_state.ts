/** What a checkpoint keeps beside tensors: everything else that a bit-exact resume needs. */

import { z } from "zod";
import type { LoaderState } from "../data/batches.ts";

const count = z.int().min(0);
const place = z.object({ pass: count, position: count });
const loader: z.ZodType<LoaderState> = z.object({
  normal: place,
  abnormal: place,
  videos: count,
});

/** An evaluation during training. */
const evaluationPoint = z.object({
  step: count,
  metrics: z.record(z.string(), z.number().nullable()),
});

/** What the log knows of one step; terms are unweighted. */
const stepRecord = z.object({
  step: count,
  epoch: count,
  lr: z.number(),
  loss: z.number(),
  terms: z.record(z.string(), z.number()),
});

export const trainerStateSchema = z.object({
  /** Optimiser steps done. */
  step: count,
  /** Epochs completed. */
  epoch: count,
  loader,
  history: z.array(evaluationPoint),
  /** Index in `history` of the weights in best.safetensors; null before the first evaluation. */
  best: count.nullable(),
  /**
   * Steps since the last line of the log: so lines stand at the same steps wherever a run was
   * stopped.
   */
  unlogged: z.array(stepRecord),
}).refine(({ best, history }) => best === null || best < history.length, {
  path: ["best"],
  message: "Expected the place of an evaluation in history",
}).refine(({ step, history }) => history.every((point) => point.step <= step), {
  path: ["history"],
  message: "Expected evaluations up to the step alone",
});

export type TrainerState = z.infer<typeof trainerStateSchema>;
export type StepRecord = z.infer<typeof stepRecord>;
