/** Settings that follow from others, or from the machine, where nobody wrote them. */

import { homedir } from "node:os";
import { resolve } from "node:path";
import { dataSets } from "../sets/index.ts";
import type { Override } from "./override_grammar.ts";
import { isTree, type Tree } from "./schema_walk.ts";

const PATH_KEYS = [
  "root",
  "train",
  "test",
  "annotations",
  "ground_truth",
  "ground_truth_list",
  "val",
];

/** `~/` is the home folder. */
function withHome(path: string): string {
  return path.replace(/^~(?=$|[/\\])/, () => homedir());
}

/** What is known of the files of `data.variant`, where the command line says nothing else. */
export function completeVariant({ data }: Tree, settings: readonly Override[]): void {
  if (!isTree(data) || typeof data.variant !== "string") return;
  const known = Object.entries(dataSets).find(([name]) => name === data.classes);
  const { settings: facts = {} } = known?.[1].variants?.[data.variant] ?? {};
  const set = new Set(settings.map(({ path }) => path.join(".")));
  for (const [key, value] of Object.entries(facts)) {
    if (!set.has(`data.${key}`)) data[key] = value;
  }
}

/** `~/` is replaced; `data.root` is made absolute, so that a run can be resumed from anywhere. */
export function completePaths(tree: Tree): void {
  const data = tree.data;
  if (!isTree(data)) return;
  for (const key of PATH_KEYS) {
    const path = data[key];
    if (typeof path === "string") data[key] = withHome(path);
  }
  if (typeof data.root === "string") data.root = resolve(data.root);
}

/**
 * Slots that read text take the tower to which synthetic features correspond, where no other is
 * named; `~/` as above.
 */
export function completeTextTower({ data, runner }: Tree): void {
  if (!isTree(data) || !isTree(runner)) return;
  const further = Array.isArray(runner.branches) ? runner.branches : [];
  // A method whose features need share nothing with text takes any table of it.
  const aligned = isTree(runner.features) && runner.features.text_aligned === true;
  const fits = data.features === "clip" || !aligned;
  for (const slot of [runner.encoder, runner.head, runner.branch, ...further]) {
    if (!isTree(slot)) continue;
    for (const key of ["clip", "vocabulary", "file"]) {
      const path = slot[key];
      if (typeof path === "string") slot[key] = withHome(path);
    }
    if (slot.clip === null && fits && data.source === "synthetic") slot.clip = "built_in";
  }
}
