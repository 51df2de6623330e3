/** Small JSON files that a matrix keeps in the folder of a cell, beside those of the run. */

import { existsSync } from "node:fs";
import type { z } from "zod";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import type { FileSystem } from "../io/file_system.ts";
import { inForm, jsonOf } from "../io/json_form.ts";
import { readText } from "../io/read_file.ts";

/** Writes the file, or writes it anew; its folder exists. */
export async function writeCellFile(path: string, value: unknown, fs?: FileSystem): Promise<void> {
  await writeWhole(path, JSON.stringify(value, null, 1) + "\n", { overwrite: true, fs });
}

/**
 * What the file holds; null where there is none.
 *
 * @throws fault when it is not what a matrix writes
 */
export async function readCellFile<Form>(
  path: string,
  schema: z.ZodType<Form>,
): Promise<Form | null> {
  if (!existsSync(path)) return null;
  const refused = () =>
    fault(SyntaxError, `Cannot read "${path}": it is not what a matrix writes; remove it`);
  return inForm(jsonOf(await readText(path), refused), schema, refused);
}

/** Removes the file where there is one. */
export async function removeCellFile(path: string): Promise<void> {
  if (existsSync(path)) await Deno.remove(path);
}
