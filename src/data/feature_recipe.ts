/**
 * How the features of a folder were made: what `wsvad extract` writes beside them, so that another
 * video can be given features of the same kind.
 */

import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { placeInArchive } from "../io/features/open_features.ts";
import { entriesIn } from "../io/list_folder.ts";
import { entryAt, readText } from "../io/read_file.ts";
import { isThere, locate } from "./data_paths.ts";

/** The file of a folder that says how its features were made. */
export const RECIPE_FILE = "recipe.json";

const schema = z.strictObject({
  /** Entry of the slot `backbone`, and its settings. */
  backbone: z.string(),
  settings: z.record(z.string(), z.unknown()),
  lineage: z.string(),
  /** Of the file of weights; null for a backbone without any. */
  weights_sha256: z.string().nullable(),
  /** Of the mean volume that is taken off the frames. */
  mean_sha256: z.string().nullable().default(null),
  /** Channels of a feature. */
  dim: z.int().positive(),
  /** Resize, crops and values, in words. */
  preprocessing: z.string(),
  crops: z.enum(["ten", "five", "centre"]),
  /** Mirrored (0 or 1), top row and left column of each crop of a frame of 340x256. */
  crop_order: z.array(z.tuple([z.int(), z.int(), z.int()])),
  /** Frames of a snippet, and what becomes of those that are left over. */
  snippet: z.int().positive(),
  /** Frames from one feature to the next; of sound, rows of 10 ms. Records of before have none. */
  step: z.int().positive().nullable().default(null),
  /** Whether the features are of sound. */
  sound: z.boolean().default(false),
  tail: z.string(),
  /** Of a backbone that sees single frames: which of a snippet's frames make its feature. */
  frames: z.enum(["mean", "first", "middle"]).nullable(),
  /** Whether frames went through a JPEG of ffmpeg's default quality. */
  jpeg: z.boolean(),
  /** Segments that every video was pooled to; null: as many snippets as it has. */
  segments: z.int().positive().nullable(),
  /** So many snippets of a video, evenly placed, have features; null: all have. */
  sample_to: z.int().positive().nullable().default(null),
  dtype: z.enum(["float32", "float16"]),
  /** Where the weights lay; the hash above says which they are. */
  weights: z.string().nullable(),
  /** Where the mean volume lay. */
  mean: z.string().nullable().default(null),
  decoder: z.string(),
  tool: z.string(),
  /** The file that a backbone of one's own came from, with its hash; absent for one of the tool. */
  plugin: z.string().optional(),
});

export type FeatureRecipe = z.infer<typeof schema>;

/** What may differ between features that go together. */
const BESIDE: (keyof FeatureRecipe)[] = [
  ...["dtype", "weights", "mean", "decoder", "tool"] as const,
  ...["step", "sound"] as const, // lineage and backbone decide them
];

/** Which snippets of a video there are, and whether they are pooled: a matter of each split. */
const OF_A_SPLIT: (keyof FeatureRecipe)[] = ["segments", "sample_to"];

/**
 * The first entry in which two recipes differ, in words; null where their features go together.
 *
 * @param ofSets whether the features are of different videos, such as those of training and test:
 *     those of the one may be pooled, or some left out
 * @example "crops: ten and centre"
 */
export function recipeDifference(
  a: FeatureRecipe,
  b: FeatureRecipe,
  { ofSets = false } = {},
): string | null {
  const [one, other] = [a, b].map((recipe) => new Map(deciding(recipe)));
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    if (ofSets && (OF_A_SPLIT as string[]).includes(key)) continue;
    const [left, right] = [one, other].map((entries) => JSON.stringify(entries.get(key)) ?? "none");
    if (left !== right) return `${key}: ${left} and ${right}`;
  }
  return null;
}

/** What decides the numbers of features, as a text: equal for features that go together. */
export function recipeIdentity(recipe: FeatureRecipe): string {
  return JSON.stringify(deciding(recipe));
}

/** Entries that decide the numbers; a plugin may lie anywhere. */
function deciding(recipe: FeatureRecipe): [string, unknown][] {
  return Object.entries(recipe).filter(([key]) => !(BESIDE as string[]).includes(key))
    .map(([key, value]) => [key, key === "plugin" ? String(value).replace(/^.*#/, "") : value]);
}

/** @throws {SyntaxError} a fault: not such a record; `name` is what messages call it */
export function parseRecipe(text: string, name: string): FeatureRecipe {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fault(SyntaxError, `Cannot read ${name}: ${(cause as Error).message}`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw fault(
    SyntaxError,
    `Cannot read ${name} as a recipe of features: ${z.prettifyError(parsed.error)}`,
  );
}

/**
 * The recipe of a folder of features, of all folders in it (`normal`, `abnormal`), or of the folder
 * above; null where there is none.
 *
 * @throws {SyntaxError} a fault: it is damaged
 * @throws {Error} a fault: the folders in it were made in two ways
 */
export async function readRecipe(folder: string): Promise<FeatureRecipe | null> {
  return await recipeIn(folder) ?? await recipeBelow(folder) ?? await recipeIn(dirname(folder));
}

async function recipeIn(folder: string): Promise<FeatureRecipe | null> {
  const path = join(folder, RECIPE_FILE);
  return existsSync(path) ? parseRecipe(await readText(path), `"${path}"`) : null;
}

/** Null where one of the folders has none: what it holds is not known. */
async function recipeBelow(folder: string): Promise<FeatureRecipe | null> {
  if (!entryAt(folder)?.isDirectory()) return null;
  const below = entriesIn(folder, `Cannot look for ${RECIPE_FILE} below "${folder}"`)
    .filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  const recipes: FeatureRecipe[] = [];
  for (const place of below) {
    const recipe = await recipeIn(place);
    if (recipe === null) return null;
    const difference = recipes.length > 0 ? recipeDifference(recipes[0], recipe) : null;
    if (difference !== null) {
      throw fault(
        Error,
        `Cannot use the features of "${
          below[0]
        }" and "${place}" together: they were made in two ways (${difference}); extract both by one recipe`,
      );
    }
    recipes.push(recipe);
  }
  return recipes[0] ?? null;
}

/** How the features of a split were made; null as for {@link recipeOfData}. */
export async function recipeOfSplit(
  config: DataConfig,
  split: "train" | "test",
): Promise<FeatureRecipe | null> {
  if (!isThere(config, split)) return null;
  const path = locate(config, split)!;
  if (placeInArchive(path) !== null) return null;
  return await readRecipe(statSync(path).isDirectory() ? path : dirname(path));
}

/**
 * How the features of configured data were made; null where `wsvad extract` did not make them, or
 * where they are not on this machine.
 *
 * @throws {Error} a fault: those of training and of test were made in two ways
 */
export async function recipeOfData(config: DataConfig): Promise<FeatureRecipe | null> {
  if (config.source === "synthetic") return null;
  const [train, test] = [await recipeOfSplit(config, "train"), await recipeOfSplit(config, "test")];
  const difference = train && test && recipeDifference(train, test, { ofSets: true });
  if (difference !== null) {
    throw fault(
      Error,
      `Cannot use the features of data.train=${config.train} and data.test=${config.test} together: they were made in two ways (${difference}); extract both by one recipe`,
    );
  }
  return test ?? train;
}
