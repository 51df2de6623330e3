/** `wsvad data convert`: features of any format to `.npy` files, one a video or crop. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { baseName } from "../data/video_id.ts";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import { openFeatures } from "../io/features/open_features.ts";
import { toFloat16 } from "../io/float16.ts";
import { encodeNpy } from "../io/npy.ts";
import type { Progress } from "../progress.ts";
import { filesToScore } from "./score_sources.ts";

export interface ConvertRequest {
  /** Feature files, folders and archives of them. */
  paths: string[];
  out: string;
  /** Half the bytes, and three digits of each value. */
  float16: boolean;
  overwrite: boolean;
  progress: Progress;
}

export interface ConvertResult {
  files: number;
  /** Files that were there from an earlier run. */
  skipped: number;
  bytes: number;
}

/**
 * Writes one file after the other, so that one video lies in memory at a time. Axes stay as they
 * are. What an earlier run wrote is left as it is, unless `overwrite` says otherwise.
 *
 * @throws {RangeError | Error} a fault: a file that cannot be read, two of one name, or values
 *     beyond float16
 */
export async function convertData(request: ConvertRequest): Promise<ConvertResult> {
  const { paths, out, float16, overwrite, progress } = request;
  const files = await filesToScore(paths);
  const sourceOf = new Map<string, string>();
  for (const file of files) {
    const name = baseName(file).replace(/\.(npy|npz|mat|txt|h5|hdf5)$/i, "") + ".npy";
    const other = sourceOf.get(name);
    if (other !== undefined) {
      throw fault(
        RangeError,
        `Cannot convert "${file}": it would go to the same file as "${other}"; convert them into different folders`,
      );
    }
    sourceOf.set(name, file);
  }
  const result: ConvertResult = { files: 0, skipped: 0, bytes: 0 };
  progress.start(files.length, 0, "video");
  for (const [name, file] of sourceOf) {
    const target = join(out, name);
    if (existsSync(target) && !overwrite) result.skipped++;
    else {
      const reader = await openFeatures(file);
      const values = await reader.whole();
      const data = float16
        ? toFloat16(values, `Cannot convert "${file}"`, "leave --float16 away")
        : values;
      await makeFolder(out); // now that there is something for it
      await writeWhole(target, encodeNpy([...reader.shape], data), { overwrite });
      result.files++;
      result.bytes += statSync(target).size;
    }
    progress.step({ step: result.files + result.skipped });
  }
  progress.stop();
  return result;
}
