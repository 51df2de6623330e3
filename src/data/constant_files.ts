/**
 * Feature files that hold one value everywhere: an extractor that failed, or a file that was never
 * filled.
 */

import type { Tell } from "../progress.ts";
import { openFeatures, storedBytes } from "../io/features/open_features.ts";
import { middleOf } from "./feature_file.ts";
import type { VideoFiles } from "./feature_folder.ts";
import { someOf } from "./feature_list.ts";

/**
 * Values that are looked at in the middle of each file; only one that is constant there is read
 * whole.
 */
const sampledValues = 4096;
/** Files looked at at a time. */
const atOnce = 16;
/** Files that have to be read whole, of which so many are looked at, evenly spaced. */
const wholeFiles = 24;

/**
 * What to tell the user of a split's files that hold one value everywhere, or null.
 *
 * @param split as the warning calls it
 * @throws as `openFeatures`, for a file that cannot be read
 */
export async function constantWarning(
  videos: readonly VideoFiles[],
  split: "train" | "test",
  tell?: Tell,
): Promise<string | null> {
  const files = [...new Set(videos.flatMap(({ files }) => files))];
  const constant: { file: string; value: number }[] = [];
  const step = Math.max(1, files.length / wholeFiles);
  const among = new Set(
    Array.from({ length: Math.min(wholeFiles, files.length) }, (_, i) => {
      return files[Math.floor(i * step)];
    }),
  );
  const looked = files.filter((file) => among.has(file) || /\.npy$/i.test(file));
  for (let first = 0; first < looked.length; first += atOnce) {
    const some = looked.slice(first, first + atOnce);
    const values = await Promise.all(some.map((file) => constantOf(file, among.has(file))));
    values.forEach((value, i) => {
      if (value !== null) constant.push({ file: some[i], value });
    });
    tell?.(`looking at values: ${split} file`, first + some.length, looked.length);
  }
  if (constant.length === 0) return null;
  const values = [...new Set(constant.map(({ value }) => value))];
  const what = values.length === 1 && values[0] === 0
    ? "are all zero"
    : "hold one value everywhere";
  return `${constant.length} of ${files.length} ${split} files ${what}: ${
    someOf(constant.map(({ file }) => file))
  }; extract these videos again, or leave them out`;
}

/**
 * The one value of a file, or null where it has several.
 *
 * @param whole whether one that gives no part alone is read: a start would else unpack all there is
 */
async function constantOf(path: string, whole: boolean): Promise<number | null> {
  const file = await openFeatures(path);
  if (!file.partsAlone) return whole ? oneValue(await file.whole()) : null;
  const width = file.shape[file.shape.length - 1];
  const sample = oneValue(await middleOf(file, Math.ceil(sampledValues / width)));
  const sampled = sample === null || storedBytes(file) <= sampledValues * file.itemBytes;
  return sampled ? sample : oneValue(await file.whole());
}

function oneValue(values: ArrayLike<number | bigint | boolean>): number | null {
  if (values.length < 2) return null; // one channel of one snippet
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return null;
  return Number(values[0]);
}
