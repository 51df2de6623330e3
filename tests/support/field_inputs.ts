/** Small data sets on which ground truth was silently wrong: the situations of public reports. */

import { writeFeatures, writeText } from "../data/temporary_features.ts";

/** Frames of the k-th anomalous and normal test video. */
export const fieldFrames = (k: number): number => 960 + 64 * k;

/**
 * 12 + 12 training and 4 + 4 test videos in UCF-Crime's manner, two crops of four channels, with a
 * snippet every `step` frames; three of the four events lie late in their videos.
 *
 * @param counts whether the annotation has frame counts
 */
export async function writeField(folder: string, step = 16, counts = true): Promise<void> {
  const value = (n: number, t: number, d: number) => 1 + 0.01 * (n + t % 3 + d);
  for (let i = 0; i < 12; i++) {
    for (const name of ["Abuse", "Normal_Videos"]) {
      const id = `${name}${String(i).padStart(3, "0")}_x264`;
      await writeFeatures(folder, `train/${id}_i3d.npy`, "TND", [6, 2, 4], value);
    }
  }
  const rows: string[] = [];
  for (let k = 0; k < 4; k++) {
    const frames = fieldFrames(k);
    for (const name of ["Abuse", "Normal_Videos_"]) {
      const id = `${name}${100 + k}_x264`;
      await writeFeatures(
        folder,
        `test/${id}_i3d.npy`,
        "TND",
        [Math.floor(frames / step), 2, 4],
        value,
      );
      const events = name === "Abuse" ? (k < 3 ? "600 700 -1 -1" : "100 150 -1 -1") : "-1 -1 -1 -1";
      const className = name === "Abuse" ? name : "Normal";
      rows.push(
        counts
          ? `x/${id}.mp4 ${frames} ${className} ${events}`
          : `${id}.mp4 ${className} ${events}`,
      );
    }
  }
  await writeText(folder, "annotations.txt", rows.join("\n") + "\n");
}
