/** What a configuration changes of a method's own recipe: what must be told beside its numbers. */

import { flatSettings } from "../config/flat_settings.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";

/** Of the data only what a recipe decides; which data it is stands elsewhere. */
const DATA_KEYS = [
  "batch_size",
  "train_crops",
  "test_crop",
  "segments",
  "segments_test",
  "reduce",
  "pad",
  "normalize",
  "magnitude",
];
/** How often it is looked at, and which of several runs it is. */
const NOT_TOLD = new Set(["seed", "log_every", "checkpoint_every", "capture"]);

/** "key recipe -> used" for each difference, in the order of the configuration. */
export function settingsChanged(recipe: ResolvedConfig, used: ResolvedConfig): string[] {
  const [before, after] = [recipe, used].map(flatten);
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => before.get(key) !== after.get(key)).map((key) =>
    `${key} ${before.get(key) ?? "absent"} -> ${after.get(key) ?? "absent"}`
  );
}

function flatten({ data, runner, trainer }: ResolvedConfig): Map<string, string> {
  const { paper: _, published: __, ...method } = runner;
  const kept = <T extends object>(part: T, is: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(part).filter(([key]) => is(key)));
  return flatSettings({
    data: kept(data, (key) => DATA_KEYS.includes(key)),
    runner: method,
    trainer: kept(trainer, (key) => !NOT_TOLD.has(key)),
  });
}
