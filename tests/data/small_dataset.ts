/** Five small feature files as a data set, opened or refused. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { type EvalConfig, evalSchema } from "../../src/config/schema/eval.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { isFault } from "../../src/fault.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";

export const settings = (change: Partial<DataConfig>) =>
  dataSchema.parse({ source: "folder", train: "train", test: "test", ...change });

export const annotations = [
  "Abuse028_x264.mp4  Abuse  20  40  -1  -1  ",
  "Arson011_x264.mp4  Arson  0  9  100  150  ",
  "Normal_Videos_003_x264.mp4  Normal  -1  -1  -1  -1  ",
].join("\n");

/** Two training and three test videos with D = 4, N = 2, values near 1, and their annotations. */
export async function writeDataset(
  folder: string,
  change: { testScale?: number } = {},
): Promise<void> {
  const scale = change.testScale ?? 1;
  const value = (factor: number) => (n: number, t: number, d: number) =>
    factor * (1 + 0.01 * valueAt(n, t, d));
  await writeFeatures(folder, "train/Abuse001_x264_i3d.npy", "NTD", [2, 8, 4], value(1));
  await writeFeatures(folder, "train/Normal_Videos001_x264_i3d.npy", "NTD", [2, 8, 4], value(1));
  for (const [id, snippets] of tests) {
    await writeFeatures(folder, `test/${id}_i3d.npy`, "TND", [snippets, 2, 4], value(scale));
  }
  await writeText(folder, "annotations.txt", annotations);
}
export const valueAt = (n: number, t: number, d: number) => n + t % 3 + d;
export const tests = [["Abuse028_x264", 5], ["Arson011_x264", 9], [
  "Normal_Videos_003_x264",
  3,
]] as const;

export const opened = (
  folder: string,
  change: Partial<DataConfig> = {},
  evaluation: Partial<EvalConfig> = {},
) =>
  openDataset(
    settings({ root: folder, annotations: "annotations.txt", segments: 4, ...change }),
    { evaluation: evalSchema.parse(evaluation) },
  );

export async function refuses(
  open: () => Promise<unknown>,
  kind: ErrorConstructor,
  ...texts: string[]
): Promise<void> {
  const error = await assertRejects(open, kind);
  assertEquals(isFault(error), true, error.message);
  for (const text of texts) assert(error.message.includes(text), error.message);
  assert(!error.message.endsWith("."), error.message);
}
