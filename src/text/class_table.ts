/**
 * The text features of class prompts in which nothing is learned: computed once for a file of
 * weights, and kept in the user's cache folder. What is found there is used only if it was made of
 * the same bytes, tokens and sizes.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isFault } from "../fault.ts";
import { removeStaleTemporaries, writeWhole } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import { InputFile } from "../io/read_file.ts";
import { encodeSafetensors, float32Of, readSafetensors } from "../io/safetensors.ts";
import type { FileValue } from "../io/file_value.ts";
import { cacheFolder } from "./cache_folder.ts";
import { clipFile, readClipWeights } from "./clip_files.ts";
import { BUILT_IN, type ClipSettings } from "./clip_settings.ts";
import { plainTextFeature } from "./plain_tower.ts";
import type { PromptRow } from "./prompts.ts";

/** Key of the table behind the prefix of its tower. */
export const CLASS_TABLE = "class_text";

/** Changes when the same inputs would give another table. */
const FORM = 1;
const PIECE = 1 << 24;

/**
 * The table [rows, embed] of prompts of tokens alone, for a slot's `readFiles`; none for the
 * built-in tower, whose table its initial values make.
 *
 * @param folder of the cache
 * @throws as {@link readClipWeights}
 */
export async function readClassTable(
  settings: ClipSettings,
  prefix: string,
  rows: PromptRow[],
  folder = cacheFolder(),
): Promise<FileValue[]> {
  if (settings.clip === BUILT_IN) return [];
  const path = clipFile(settings.clip);
  const tokens = rows.map(tokensOf);
  const made = { form: FORM, weights: await sha256Of(path), tower: settings.tower, tokens };
  const key = createHash("sha256").update(JSON.stringify(made)).digest("hex");
  const cached = join(folder, `class_text-${key}.safetensors`);
  const known = await readTable(cached, rows.length);
  const name = prefix + CLASS_TABLE;
  if (known) return [{ name, ...known, path }];
  const values = new Map(
    (await readClipWeights(settings, "")).map(({ name, ...value }) => [name, value]),
  );
  const embed = values.get("text_projection")!.shape[1];
  const data = new Float32Array(rows.length * embed);
  tokens.forEach((ids, r) => {
    const sizes = { ...settings.tower, embed };
    data.set(plainTextFeature((key) => values.get(key)!.data, sizes, ids), r * embed);
  });
  const table = { shape: [rows.length, embed], data };
  await keepTable(folder, cached, table);
  return [{ name, ...table, path }];
}

/** The tokens up to the one that is read. */
export function tokensOf({ sources, readOut }: PromptRow): number[] {
  return sources.slice(0, readOut + 1).map((source) => {
    if ("token" in source) return source.token;
    throw new TypeError("A prompt with learned positions has no fixed text");
  });
}

async function sha256Of(path: string): Promise<string> {
  using file = await InputFile.open(path);
  const hash = createHash("sha256");
  for (let at = 0; at < file.size; at += PIECE) {
    hash.update(await file.read(at, Math.min(PIECE, file.size - at)));
  }
  return hash.digest("hex");
}

/** Null where there is no table, or a damaged one, which is then made again. */
async function readTable(
  path: string,
  rows: number,
): Promise<{ shape: number[]; data: Float32Array } | null> {
  if (!existsSync(path)) return null;
  try {
    const table = (await readSafetensors(path)).tensors.get(CLASS_TABLE);
    if (table?.dtype !== "F32" || table.shape.length !== 2 || table.shape[0] !== rows) return null;
    return { shape: table.shape, data: float32Of(table) };
  } catch (error) {
    if (isFault(error)) return null;
    throw error;
  }
}

async function keepTable(
  folder: string,
  path: string,
  { shape, data }: { shape: number[]; data: Float32Array },
): Promise<void> {
  const bytes = encodeSafetensors(new Map([[CLASS_TABLE, { dtype: "F32", shape, bytes: data }]]));
  try {
    await makeFolder(folder);
    await removeStaleTemporaries(folder);
    await writeWhole(path, bytes, { overwrite: true });
  } catch (error) {
    // A cache that cannot be written costs time, not the run.
    if (!isFault(error)) throw error;
  }
}
