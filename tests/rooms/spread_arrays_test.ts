/**
 * Arrays that grow with the data are never spread into arguments: the stack holds about a hundred
 * thousand.
 */

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { root, sources } from "./imports.ts";

/** Arrays that are spread into arguments, by file, and what bounds their length. */
const BOUNDED: Record<string, string> = {
  "src/ops/quick_gelu_mlp/cpu.ts": "pieces of a matrix, by the cache's size",
  "src/nn/prompt_assembly.ts": "classes",
  "src/text/plain_tower.ts": "positions of a text",
  "src/metrics/evaluate.ts": "metrics, and lengths given for one video",
  "src/dictionary/leading_directions.ts": "rows of a square matrix",
  "src/train/trainer.ts": "steps of a round",
  "src/data/batches.ts": "videos of a batch",
  "src/data/open_files.ts": "warnings",
  "src/data/feature_axes.ts": "usual numbers of crops",
  "src/data/crop_sets.ts": "crops of a video, of two digits",
  "src/verify/case_tolerance.ts": "parameters of a golden case",
  "src/device/cpu/shared_memory.ts": "bytes of a number",
  "src/io/torch_write.ts": "bytes of a name",
  "src/cli/results.ts": "lines of a result",
  "src/commands/resume_training.ts": "warnings",
  "src/commands/training_requirements.ts": "files of the slots",
};

const SPREAD = /\b(?:push|unshift|splice|fromCharCode|max|min)\((?:[^(){}[\]]*, )?\.\.\./;

Deno.test("nothing in src spreads an array into arguments whose length the data decide", () => {
  const found = sources("src").filter((path) =>
    !/\/(reference|cases)\.ts$/.test(path) && SPREAD.test(Deno.readTextFileSync(join(root, path)))
  );
  assertEquals(found.sort(), Object.keys(BOUNDED).sort());
});
