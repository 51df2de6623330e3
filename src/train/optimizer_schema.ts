/** Settings of the optimiser and the learning rate schedule. No tfjs here: help and configuration read it. */

import { z } from "zod";

export const optimizerSchema = z.strictObject({
  name: z.enum(["adam", "adamw", "sgd", "adagrad"]).default("adam").describe(
    "adam adds weight decay to the gradient (L2), adamw shrinks the weights; adagrad starts from 0 with eps outside the root",
  ),
  lr: z.number().positive().default(1e-3).describe("learning rate at the start"),
  weight_decay: z.number().min(0).default(0).describe("decay of all trained parameters"),
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999])
    .describe("moments of adam and adamw"),
  eps: z.number().positive().default(1e-8).describe("added to the divisor"),
  momentum: z.number().min(0).lt(1).default(0).describe("momentum of sgd"),
});

export const scheduleSchema = z.strictObject({
  name: z.enum(["constant", "multi_step", "cosine"]).default("constant").describe(
    "multi_step: after each epoch; cosine: after each step, down to 0 at the last one",
  ),
  milestones: z.array(z.int().positive()).default([]).describe(
    "multi_step: completed epochs at which the rate is multiplied",
  ),
  gamma: z.number().positive().default(0.1).describe("multi_step: the factor"),
});
