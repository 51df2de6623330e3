/** The mean over the crops of a video that is read meanwhile: all that some models see of it. */

import * as tf from "@tensorflow/tfjs";
import type { FeatureParts, VideoFeatures } from "../data/video.ts";
import { cropMean } from "../ops/crop_mean/op.ts";

/** Bytes of the features of all crops that are read at once. */
const STRETCH_BYTES = 2 ** 26;

/** A video of one crop. Its values are those that the model's own mean would be. */
export async function meanOfCrops(
  video: FeatureParts,
  stretchBytes = STRETCH_BYTES,
): Promise<VideoFeatures> {
  const { crops, snippets, dim } = video;
  const values = new Float32Array(snippets * dim);
  const stretch = Math.max(1, Math.floor(stretchBytes / (4 * crops * dim)));
  for (let from = 0; from < snippets; from += stretch) {
    const part = await video.read({ from, to: Math.min(snippets, from + stretch) });
    const mean = tf.tidy(() => cropMean(tf.tensor(part.values, [1, crops, part.snippets, dim])));
    values.set(await mean.data(), from * dim);
    mean.dispose();
  }
  return { crops: 1, snippets, dim, values, length: snippets };
}
