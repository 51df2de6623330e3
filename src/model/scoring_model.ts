/** What of a model scores need. */

import type { ModelConfig } from "./chain.ts";
import { registry } from "./registry.ts";

/** The model without a branch that evaluation does not run, and how the names begin that then have no place. */
export function scoringOnly(config: ModelConfig): { scoring: ModelConfig; unused: string[] } {
  const { trainingOnly } = config.branch ? registry.branch[config.branch.name] : {};
  if (!trainingOnly) return { scoring: config, unused: [] };
  // The terms of the loss read what the branch provides.
  return { scoring: { ...config, branch: null, loss: [] }, unused: trainingOnly.parameters };
}
