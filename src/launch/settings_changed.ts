/** What a configuration changes of a method's own recipe: what must be told beside its numbers. */

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
  const values = new Map<string, string>();
  const add = (path: string, value: unknown): void => {
    if (Array.isArray(value) && value.some((part) => typeof part === "object")) {
      value.forEach((part, i) => add(`${path}.${part?.name ?? i}`, part));
    } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [key, part] of Object.entries(value)) add(`${path}.${key}`, part);
    } else {
      values.set(path, typeof value === "string" ? value : JSON.stringify(value));
    }
  };
  for (const [key, value] of Object.entries(data)) {
    if (DATA_KEYS.includes(key)) add(`data.${key}`, value);
  }
  add("runner", method);
  for (const [key, value] of Object.entries(trainer)) {
    if (!NOT_TOLD.has(key)) add(`trainer.${key}`, value);
  }
  return values;
}
