/** The optimiser of a golden steps case, as a setting of ours. */

import type { GoldenCase } from "./golden_case.ts";

/** Keys that both know. */
const OPTIMIZER_KEYS = {
  adam: ["betas", "eps", "weight_decay"],
  adamw: ["betas", "eps", "weight_decay"],
  sgd: ["momentum", "weight_decay"],
  adagrad: ["eps", "weight_decay"],
};

/** What `runner.optimizer` would be for the case. */
export function optimizerOf(
  optimizer: NonNullable<GoldenCase["optimizer"]>,
): Record<string, unknown> {
  const { lr } = optimizer;
  const name = optimizer.name.toLowerCase();
  const keys = OPTIMIZER_KEYS[name as keyof typeof OPTIMIZER_KEYS] ?? [];
  return {
    name,
    lr,
    ...Object.fromEntries(
      keys.filter((key) => key in optimizer).map((key) => [key, optimizer[key]]),
    ),
  };
}
