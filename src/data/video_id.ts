/** The id of a video, from any of the names under which its files and list rows go about. */

const extension = /\.(npy|mp4|avi|mkv|txt|mat)$/i;
const marker = "_x264";

/** What comes after the last slash of either kind: official lists hold Windows paths. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/**
 * The id of the video that a file or a list row stands for: `G:\UCF\Abuse028_x264_i3d.npy` and
 * `Abuse/Abuse028_x264__3.npy` are both `Abuse028_x264`.
 *
 * The id ends with the first `_x264`. Without one the extension goes, then `_i3d`, then everything
 * from the first `__`; of XD-Violence names, which hold `__` themselves (`_label_` tells them),
 * only a crop number at the end goes. Nothing else is normalised: `Normal_Videos003_x264`
 * (training) and `Normal_Videos_003_x264` (test) are two videos.
 */
export function videoIdOf(path: string): string {
  const name = baseName(path);
  const end = name.indexOf(marker);
  if (end >= 0) return name.slice(0, end + marker.length);
  const stem = name.replace(extension, "").replace(/_i3d(_\d+)?$/, "");
  if (stem.includes("_label_")) return stem.replace(/__\d+$/, "");
  const suffix = stem.indexOf("__");
  return suffix > 0 ? stem.slice(0, suffix) : stem;
}

/**
 * The crop that a file holds, by its name: `<id>__3.npy`, `<id>__3_i3d.npy` and `<id>_i3d_3.npy`
 * are crop 3; null for a name without a crop number.
 */
export function cropOf(path: string): number | null {
  const stem = baseName(path).replace(extension, "");
  const match = /__(\d+)(?:_i3d)?$/.exec(stem) ?? /_i3d_(\d+)$/.exec(stem);
  return match ? Number(match[1]) : null;
}
