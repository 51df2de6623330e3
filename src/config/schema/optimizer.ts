/**
 * `runner.optimizer` and `runner.schedule`: chosen by name, each with its own settings. The rules
 * are PyTorch's, except adagrad, which is Keras 1's (methods/mil.md of the specification).
 */

import { z } from "zod";

const learningRate = (value: number) =>
  z.number().positive().default(value).describe("Learning rate before the schedule");
const weightDecay = (value: number, how: string) =>
  z.number().min(0).default(value).describe(`Weight decay, ${how}`);
const betas = z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999])
  .describe("Decay of the first and of the second moment");
const eps = z.number().min(0).default(1e-8).describe("Added to the root, outside of it");

const adam = z.strictObject({
  name: z.literal("adam"),
  lr: learningRate(1e-3),
  weight_decay: weightDecay(0, "added to the gradient (L2)"),
  betas,
  eps,
}).describe("Adam with L2 decay");

const adamw = z.strictObject({
  name: z.literal("adamw"),
  lr: learningRate(1e-3),
  weight_decay: weightDecay(0.01, "decoupled: weight *= 1 - lr x decay"),
  betas,
  eps,
}).describe("Adam with decoupled decay");

const sgd = z.strictObject({
  name: z.literal("sgd"),
  lr: learningRate(0.01),
  weight_decay: weightDecay(0, "added to the gradient (L2)"),
  momentum: z.number().min(0).lt(1).default(0).describe("Momentum; 0 is plain gradient descent"),
}).describe("Stochastic gradient descent");

const adagrad = z.strictObject({
  name: z.literal("adagrad"),
  lr: learningRate(0.01),
  weight_decay: weightDecay(0, "added to the gradient (L2)"),
  eps,
}).describe("Adagrad, accumulators from 0");

const stableAdamw = z.strictObject({
  name: z.literal("stable_adamw"),
  lr: learningRate(1e-3),
  weight_decay: weightDecay(0.01, "decoupled: weight *= 1 - lr x decay"),
  betas,
  eps,
}).describe(
  "AMSGrad with decoupled decay, whose rate falls where the gradient of a parameter is large beside its moments",
);

export const optimizerSchema = z.discriminatedUnion("name", [
  adam,
  adamw,
  sgd,
  adagrad,
  stableAdamw,
]);
export type OptimizerConfig = z.infer<typeof optimizerSchema>;

const constant = z.strictObject({ name: z.literal("constant") }).describe(
  "The learning rate stays as it is",
);

const multiStep = z.strictObject({
  name: z.literal("multi_step"),
  milestones: z.array(z.int().min(1)).default([]).describe(
    "Completed epochs after which the learning rate is multiplied",
  ),
  gamma: z.number().positive().default(0.1).describe("Factor at every milestone"),
}).describe("The learning rate drops at milestones");

const cosine = z.strictObject({ name: z.literal("cosine") }).describe(
  "Half a cosine down to 0 at trainer.max_steps",
);

const cosineEpochs = z.strictObject({
  name: z.literal("cosine_epochs"),
  period: z.int().min(1).default(60).describe(
    "Completed epochs at which the learning rate is 0; behind it the rate rises again",
  ),
}).describe("Half a cosine by epochs, the same rate throughout one");

const warmupCosine = z.strictObject({
  name: z.literal("warmup_cosine"),
  warmup_steps: z.int().min(2).default(100).describe(
    "Steps in which the rate rises from 0, which the first one has, to the whole, which the last one has",
  ),
  total_steps: z.int().min(1).default(2510).describe(
    "Step at which half a cosine ends; it stays there",
  ),
  final_factor: z.number().min(0).max(1).default(0.1).describe("Share of the rate at the end"),
}).describe("A linear rise, then half a cosine by steps down to a share of the rate");

export const scheduleSchema = z.discriminatedUnion("name", [
  constant,
  multiStep,
  cosine,
  cosineEpochs,
  warmupCosine,
]);
export type ScheduleConfig = z.infer<typeof scheduleSchema>;

export const optimizerGroupSchema = z.strictObject({
  name: z.string().min(1).describe("Name of the group, by which it is set"),
  parameters: z.string().min(1).describe("How the names of its parameters begin"),
  optimizer: optimizerSchema.describe("Optimiser"),
  schedule: scheduleSchema.prefault({ name: "constant" }).describe("Learning rate schedule"),
});
export type OptimizerGroup = z.infer<typeof optimizerGroupSchema>;
