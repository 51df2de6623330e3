/**
 * What a feature set says of itself: `provenance.json` beside its files, or the field `provenance`
 * of manifest records.
 */

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { fault } from "../fault.ts";
import { readText } from "../io/read_file.ts";

const text = z.string().min(1);

/** All of it is optional; two sets differ where both say something else. */
export const statedProvenance = z.strictObject({
  /** A name for the extraction: files of one lineage belong together. */
  lineage: text.optional(),
  extractor: text.optional(),
  /** Such as `centre first`. */
  crop_order: text.optional(),
  /** How snippets lie over frames: `ceil`, `floor`. */
  grid: text.optional(),
  /** What was done to values, or their mean norm. */
  scale: z.union([text, z.number()]).optional(),
  /** Of a whole file; in manifest records. */
  sha256: text.optional(),
  /** Of the shape and a few rows of a file, as `wsvad data manifest` writes it. */
  sample_sha256: text.optional(),
  /** Data sets whose videos the extractor was tuned on, as in data.classes, or with `/train`. */
  tuned_on: z.union([text, z.array(text)]).optional(),
});

export type StatedProvenance = z.infer<typeof statedProvenance>;

const FILE = "provenance.json";
/** Mean norms further apart than this are taken for different extractors. */
export const LARGEST_RATIO = 2;

/**
 * What `provenance.json` says beside a feature file, or in a folder above it up to `top`; null
 * where there is none.
 *
 * @throws {SyntaxError} a fault: the file is of another form
 */
export async function readProvenance(
  featureFile: string,
  top: string,
): Promise<StatedProvenance | null> {
  const last = resolve(top);
  for (let folder = dirname(resolve(featureFile));; folder = dirname(folder)) {
    const file = join(folder, FILE);
    if (existsSync(file)) return parseProvenance(await readText(file), file);
    if (folder === last || dirname(folder) === folder) return null;
  }
}

/**
 * What the videos of a split say together.
 *
 * @throws {RangeError} a fault: they contradict each other
 */
export function agreedProvenance(
  videos: readonly { id: string; provenance?: StatedProvenance }[],
  split: string,
): StatedProvenance | null {
  let first: { id: string; provenance: StatedProvenance } | null = null;
  for (const { id, provenance } of videos) {
    if (provenance === undefined) continue;
    first ??= { id, provenance };
    const [difference] = contradictions(first.provenance, provenance);
    if (difference === undefined) continue;
    throw fault(
      RangeError,
      `Cannot use the ${split} features of data.${split}: the videos "${first.id}" and "${id}" are not of one extraction: ${difference}; keep one of them in a manifest`,
    );
  }
  return first?.provenance ?? null;
}

function parseProvenance(content: string, name: string): StatedProvenance {
  const refuse = (problem: string, cause?: unknown) =>
    fault(
      SyntaxError,
      `Cannot read the provenance "${name}": ${problem}; it is an object with some of ${
        Object.keys(statedProvenance.shape).join(", ")
      }`,
      { cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw refuse(`it is not JSON (${(error as Error).message})`, error);
  }
  const read = statedProvenance.safeParse(value);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0];
  throw refuse(path.length === 0 ? message : `its field "${path.join(".")}": ${message}`);
}

/** Fields in which two sets contradict each other, as `extractor: "a" and "b"`. */
export function contradictions(one: StatedProvenance, other: StatedProvenance): string[] {
  return (["lineage", "extractor", "crop_order", "grid", "scale"] as const).flatMap((key) => {
    const [a, b] = [one[key], other[key]];
    return a === undefined || b === undefined || a === b || near(a, b)
      ? []
      : [`${key} ${JSON.stringify(a)} and ${JSON.stringify(b)}`];
  });
}

/** Mean norms are measured: those of two splits, or of two videos, differ a little. */
function near(a: string | number, b: string | number): boolean {
  return typeof a === "number" && typeof b === "number" && Math.max(a / b, b / a) < LARGEST_RATIO;
}
