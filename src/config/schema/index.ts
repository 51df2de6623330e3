/**
 * The whole configuration: four sections, each one zod schema, the source of checks, help and docs.
 */

import { z } from "zod";
import { type DataConfig, dataSchemaNow } from "./data.ts";
import { type EvalConfig, evalSchema } from "./eval.ts";
import { type RunnerConfig, runnerSchema, type SlotCatalog } from "./runner.ts";
import { type TrainerConfig, trainerSchema } from "./trainer.ts";

export type { DataConfig, EvalConfig, RunnerConfig, SlotCatalog, TrainerConfig };
export type {
  CatalogEntry,
  FeaturesConfig,
  LossConfig,
  PublishedResult,
  SlotConfig,
} from "./runner.ts";
export type { OptimizerConfig, ScheduleConfig } from "./optimizer.ts";

/** A configuration with every key present and checked; what config.yaml of a run folder holds. */
export interface ResolvedConfig {
  data: DataConfig;
  runner: RunnerConfig;
  trainer: TrainerConfig;
  eval: EvalConfig;
}

export type Section = keyof ResolvedConfig;
export const SECTIONS = ["data", "runner", "trainer", "eval"] as const satisfies Section[];

/** The schema of the configuration over the slots of a registry. */
export function configSchema(catalog: SlotCatalog): z.ZodType<ResolvedConfig> {
  return z.strictObject({
    data: dataSchemaNow().describe("Which features, with which labels, and what is done to them"),
    runner: runnerSchema(catalog).describe("The method: slots, loss, optimiser"),
    trainer: trainerSchema.describe("How long, how often, from which seed"),
    eval: evalSchema.describe("From scores to metrics"),
  });
}
