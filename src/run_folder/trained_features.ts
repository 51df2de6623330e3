/** Where the features that a model was trained on came from, as its run folder tells. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { mixtureOf } from "../data/provenance.ts";
import { statedProvenance } from "../data/stated_provenance.ts";
import type { SplitProvenance } from "../data/video.ts";
import { readText } from "../io/read_file.ts";

const resultForm = z.object({
  data: z.object({
    features: z.object({
      train: z.object({
        stated: statedProvenance.nullable(),
        lineage: z.string().nullable(),
        dim: z.number(),
        norm: z.number(),
        sample_sha256: z.string(),
      }),
    }),
  }),
});

/**
 * From the `result.json` beside a checkpoint; null where there is none, an earlier version wrote
 * it, or the videos were generated.
 */
async function trainedFeatures(checkpoint: string): Promise<SplitProvenance | null> {
  const path = join(dirname(checkpoint), "result.json");
  if (!existsSync(path)) return null;
  let value: unknown;
  try {
    value = JSON.parse(await readText(path));
  } catch {
    return null; // scores do not hang on it
  }
  const read = resultForm.safeParse(value);
  return read.success ? read.data.data.features.train : null;
}

/**
 * What is wrong with using a model on features of another kind than it was trained on: a sentence,
 * or null.
 *
 * @throws {RangeError} a fault: both are known and differ, unless `mixedAsked`
 */
export async function mixedWithTraining(
  checkpoint: string,
  features: SplitProvenance,
  mixedAsked: boolean,
): Promise<string | null> {
  const trained = await trainedFeatures(checkpoint);
  return trained === null ? null : mixtureOf(trained, features, mixedAsked);
}
