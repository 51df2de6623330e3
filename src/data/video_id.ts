/** The id of a video, from any of the names under which its files and list rows go about. */

import { withoutEndings } from "../sets/file_endings.ts";
import { dataSets } from "../sets/index.ts";

/** What comes after the last slash of either kind: official lists hold Windows paths. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/**
 * The id of the video that a file or a list row stands for: `G:\UCF\Abuse028_x264_i3d.npy` and
 * `Abuse/Abuse028_x264__3.npy` are both `Abuse028_x264`.
 *
 * A data set whose names have a form of their own says where the id ends. Else the endings go, then
 * `_i3d`, then everything from the first `__`. Letters with marks are composed (NFC), since macOS
 * takes them apart in the names of files. Nothing else is normalised.
 */
export function videoIdOf(path: string): string {
  const name = baseName(path).normalize("NFC");
  for (const { idIn } of Object.values(dataSets)) {
    const id = idIn?.(name) ?? null;
    if (id !== null) return id;
  }
  const stem = withoutEndings(name).replace(/_i3d(_\d+)?$/, "");
  const suffix = stem.indexOf("__");
  return suffix > 0 ? stem.slice(0, suffix) : stem;
}

/**
 * The crop that a file holds, by its name: `<id>__3.npy`, `<id>__3_i3d.npy` and `<id>_i3d_3.npy`
 * are crop 3; null for a name without a crop number.
 */
export function cropOf(path: string): number | null {
  const stem = withoutEndings(baseName(path));
  const match = /__(\d+)(?:_i3d)?$/.exec(stem) ?? /_i3d_(\d+)$/.exec(stem);
  return match ? Number(match[1]) : null;
}
