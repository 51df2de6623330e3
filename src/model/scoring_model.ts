/** What of a model scores need. */

import type { ModelConfig } from "./chain.ts";
import { registry } from "./registry.ts";

/**
 * The model without branches that evaluation does not run, and how the names begin that then have
 * no place.
 */
export function scoringOnly(config: ModelConfig): { scoring: ModelConfig; unused: string[] } {
  const branches = [config.branch ?? [], config.branches ?? []].flat();
  const isUnused = ({ name }: { name: string }) => registry.branch[name].trainingOnly !== undefined;
  const unused = branches.filter(isUnused)
    .flatMap(({ name }) => registry.branch[name].trainingOnly!.parameters);
  if (unused.length === 0) return { scoring: config, unused };
  const kept = branches.filter((branch) => !isUnused(branch));
  // The terms of the loss read what those branches provide.
  return { scoring: { ...config, branch: null, branches: kept, loss: [] }, unused };
}
