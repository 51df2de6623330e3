/** The features that a method's official code trains on: a fact of its recipe, and no setting. */

import { z } from "zod";
import { fault } from "../fault.ts";
import { listGroup, loadGroupFile } from "./groups.ts";
import { isTree } from "./schema_walk.ts";

/** `official` in a runner's file. */
export const officialSchema = z.strictObject({
  crops: z.int().positive().describe(
    "Crops of a video in a batch; 1 where each crop is a sample of its own",
  ),
  dim: z.int().positive().describe("Channels of a snippet"),
}).describe("The official code's features, for wsvad bench; no setting");

export type OfficialFeatures = z.infer<typeof officialSchema>;

/** I3D with ten crops, as most official codes have it: for files that do not say. */
const USUAL: OfficialFeatures = { crops: 10, dim: 2048 };

/**
 * What the file of a runner says of its official features.
 *
 * @throws {RangeError} a fault: it says something else under `official`
 */
export function officialFeatures(
  runner: string,
  configDirs: readonly string[] = [],
): OfficialFeatures {
  if (!listGroup("runner", configDirs).some(({ name }) => name === runner)) return USUAL;
  const { file } = loadGroupFile("runner", runner, configDirs);
  const said = isTree(file.value) ? file.value.official : undefined;
  if (said === undefined) return USUAL;
  const read = officialSchema.safeParse(said);
  if (read.success) return read.data;
  throw fault(
    RangeError,
    `Cannot use the settings "${file.name}", ${
      file.placeOf(["official"])
    }: official holds crops and dim, as in "official: { crops: 10, dim: 2048 }"`,
  );
}
