/**
 * Crops whose files are named `<id>_0.npy` to `<id>_9.npy`, as PEL4VAD's are. Own videos are called
 * so as well (`cam_0.npy`, `cam_1.npy`): only complete sets of one length are taken for crops
 * without asking.
 */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { openFeatures } from "../io/features/open_features.ts";
import { withoutEndings } from "../sets/file_endings.ts";
import { baseName, cropOf, videoIdOf } from "./video_id.ts";

/** A file as a crop of a video. */
export interface CropFile {
  id: string;
  crop: number;
}

/** Snippets by which the crops of one video may differ. */
const cropTolerance = 1;

/**
 * `01_0014_3.npy` -> 01_0014 and 3, as PEL4VAD numbers crops, in archives without an ending too;
 * null for any other name.
 */
export function numberAtEnd(path: string): CropFile | null {
  if (cropOf(path) !== null) return null;
  const match = /^(.*[^_])_(\d{1,2})$/.exec(withoutEndings(baseName(path)));
  // As if it were one file of all crops.
  return match && { id: videoIdOf(`${match[1]}.npy`), crop: Number(match[2]) };
}

/**
 * Files that are crops by the number at the end of their names, which the names themselves do not
 * tell; none where the numbers tell videos apart.
 *
 * @throws {RangeError} a fault: some videos have crops 0, 1, ..., and others do not; the setting is
 *     named
 */
export async function numberedCrops(
  files: readonly string[],
  choice: DataConfig["numbered_files"],
): Promise<Map<string, CropFile>> {
  const found = new Map<string, CropFile>();
  if (choice === "videos") return found;
  const sets = new Map<string, Map<number, string>>();
  for (const file of files) {
    const numbered = numberAtEnd(file);
    if (numbered === null) continue;
    const { id, crop } = numbered;
    found.set(file, numbered);
    const set = sets.get(id) ?? new Map<number, string>();
    sets.set(id, set.set(crop, file));
  }
  if (choice === "crops" || found.size === 0) return found;
  const all = [...sets.values()];
  const suspected = all.find((set) => set.has(0) && set.has(1));
  if (suspected === undefined) return new Map();
  const size = suspected.size;
  const complete = (set: Map<number, string>) =>
    set.size === size && Array.from({ length: size }, (_, n) => n).every((n) => set.has(n));
  if (found.size === files.length && all.every(complete)) {
    return await ofOneLength([...suspected.values()]) ? found : new Map();
  }
  const odd = all.find((set) => !complete(set));
  const other = odd === undefined ? files.find((file) => !found.has(file))! : [...odd.values()][0];
  throw fault(
    RangeError,
    `Cannot tell whether "${suspected.get(0)}" and "${
      suspected.get(1)
    }" are crops of one video or two videos: not every video has files numbered 0 to ${
      size - 1
    }, see "${other}"; set data.numbered_files=crops or data.numbered_files=videos`,
  );
}

/** Whether files of one crop each could be of one video. */
async function ofOneLength(files: readonly string[]): Promise<boolean> {
  const lengths: number[] = [];
  for (const file of files) {
    const { shape } = await openFeatures(file);
    const [first, second] = shape;
    const oneCrop = shape.length === 2 || shape.length === 3 && (first === 1 || second === 1);
    if (!oneCrop) return false;
    lengths.push(shape.length === 3 && first === 1 ? second : first);
  }
  return Math.max(...lengths) - Math.min(...lengths) <= cropTolerance;
}
