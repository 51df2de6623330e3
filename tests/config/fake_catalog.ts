/** A small registry without tfjs, and a folder of settings files for --config-dir. */

import { z } from "zod";
import { join } from "node:path";
import type { CatalogEntry, SlotCatalog } from "../../src/config/schema/index.ts";

function entry(name: string, config: z.ZodType): CatalogEntry {
  return { name, summary: `the ${name} entry`, source: "made for tests", config };
}

function byName(...entries: CatalogEntry[]): Record<string, CatalogEntry> {
  return Object.fromEntries(entries.map((each) => [each.name, each]));
}

const widths = z.array(z.int().min(1)).default([512, 32]).describe("widths of the layers");
const dropout = z.number().min(0).lt(1).default(0.6).describe("dropout after each layer");

export const catalog: SlotCatalog = {
  encoder: byName(
    entry("crop_mean", z.strictObject({})),
    entry("pyramid", z.strictObject({ width: z.int().min(1).default(512).describe("channels") })),
  ),
  head: byName(
    entry(
      "mlp",
      z.strictObject({ hidden: widths, dropout }).refine(({ hidden }) => hidden.length < 9, {
        error: "at most 8 layers",
      }),
    ),
    entry("topk", z.strictObject({ k: z.int().min(1).default(3).describe("snippets"), dropout })),
  ),
  branch: byName(entry("text", z.strictObject({ width: z.int().default(8).describe("width") }))),
  loss: byName(
    entry("ranking", z.strictObject({})),
    entry(
      "smoothness",
      z.strictObject({
        weight: z.number().default(8e-5).describe("factor"),
        over: z.enum(["abnormal", "all"]).default("abnormal").describe("videos that count"),
      }),
    ),
    entry("sparsity", z.strictObject({ weight: z.number().default(8e-5).describe("factor") })),
  ),
};

export const RUNNER = `# Test method.   wsvad train --runner method
paper: Nobody, 2026
features: { dim: 2048, crops: 10, segments: 32 }
encoder: crop_mean
head: { name: mlp, dropout: 0.5 }
loss:
  - ranking
  - { name: smoothness, weight: 1e-3 }
optimizer: { name: adagrad }
recipe:
  data: { normalize: l2, batch_size: 30 }
  trainer: { max_steps: 20000, eval_every: 500 }
`;

/**
 * Writes files by their path below a new folder, "runner/method.yaml" among them, and calls back.
 */
export async function withFolder(
  files: Record<string, string>,
  use: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries({ "runner/method.yaml": RUNNER, ...files })) {
      await Deno.mkdir(join(folder, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, path), text);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
