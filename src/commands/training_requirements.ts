/** What a training needs of settings and data: refused before the first step where it is not so. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Dataset } from "../data/video.ts";
import { fault } from "../fault.ts";
import { ofBranch } from "../metrics/metric_table.ts";
import type { Model } from "../model/assemble.ts";
import { checkChain } from "../model/chain.ts";
import { modelConfig } from "../model/model_config.ts";
import type { FileValue } from "../io/file_value.ts";

/** Features whose size the configuration leaves open are checked as if they were I3D's. */
const USUAL_DIM = 2048;

/**
 * Refuses slots that do not fit and settings that contradict each other, before data is read.
 *
 * @returns what the slots take from files
 */
export async function requireRunnable(
  { runner, data, trainer }: ResolvedConfig,
): Promise<FileValue[]> {
  const { slots, ports } = checkChain(modelConfig(runner, data, data.dim ?? USUAL_DIM));
  if (trainer.select !== "last" && ofBranch(trainer.select) && !ports.has("class_logits")) {
    throw fault(
      RangeError,
      `Cannot select weights by ${trainer.select}: ${runner.name} has no text branch that classifies snippets; set trainer.select=roc_auc`,
    );
  }
  if (trainer.select === "val_auc" && data.val === null) {
    throw fault(
      RangeError,
      "Cannot select weights by val_auc: no training videos are held out; set data.val=0.1",
    );
  }
  const values: FileValue[] = [];
  for (const { slot, config } of slots) values.push(...await slot.readFiles?.(config) ?? []);
  return values;
}

/** Snippets of the training videos; the method needs enough to select from. */
export async function requireSnippets(
  { data: { segments }, runner }: ResolvedConfig,
  { train: [first] }: Dataset,
  { minimumSnippets }: Model,
): Promise<number> {
  const snippets = segments ?? (await first.load()).snippets;
  if (snippets >= minimumSnippets) return snippets;
  const [found, mend] = segments === null
    ? [`"${first.id}" has ${snippets}`, `data.segments=32`]
    : [`data.segments=${segments}`, "a larger data.segments"];
  throw fault(
    RangeError,
    `Cannot train ${runner.name}: it selects ${minimumSnippets} snippets of each training video, found ${found}; set ${mend} or a smaller runner.head.k`,
  );
}
