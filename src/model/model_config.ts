/** The model's own configuration, from the runner's and what the data turned out to hold. */

import type { DataConfig, RunnerConfig } from "../config/schema/index.ts";
import { dataSets } from "../sets/index.ts";
import type { ModelConfig } from "./chain.ts";

/**
 * @param dim channels of the features without a magnitude channel, where the configuration leaves
 * them open
 */
export function modelConfig(
  runner: RunnerConfig,
  { features, classes }: Pick<DataConfig, "features" | "classes">,
  dim: number,
): ModelConfig {
  return {
    features: { dim: runner.features.dim ?? dim, text_aligned: features === "clip" },
    classes: dataSets[classes].classes.length,
    encoder: runner.encoder,
    head: runner.head,
    branch: runner.branch,
    branches: runner.branches,
    loss: runner.loss,
    guard_sqrt: runner.guard_sqrt,
    attn_impl: runner.attn_impl,
  };
}
