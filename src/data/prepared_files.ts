/** The files that `wsvad data prepare` makes of the features of a split. */

import { basename, join } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { placeInArchive } from "../io/features/open_features.ts";
import { toFloat16 } from "../io/float16.ts";
import { encodeNpy } from "../io/npy.ts";
import { readBytes } from "../io/read_file.ts";
import { dataSets } from "../sets/index.ts";
import { cropNumbers } from "./crops.ts";
import { readFeatures } from "./feature_file.ts";
import type { VideoFiles } from "./feature_folder.ts";
import { expectedOf, expectedSizes, inspectSplit } from "./feature_sizes.ts";
import { prepareFeatures } from "./prepare_features.ts";
import type { Split } from "./split_files.ts";
import type { VideoFeatures } from "./video.ts";
import { classesOfVideo } from "./video_classes.ts";
import { baseName } from "./video_id.ts";

/** A file to be made. */
export interface PreparedFile {
  /** Below the folder of its split. */
  name: string;
  /** What it is made of. */
  source: string;
  bytes(): Promise<Uint8Array>;
  /** Whether it is the last of its video. */
  last: boolean;
}

/** What is done to features; all of it may be nothing. */
export interface Rewriting {
  /** Segments that training videos are pooled to; null: full length. */
  segments: number | null;
  float16: boolean;
  /** A file a crop. */
  perCrop: boolean;
}

/**
 * The files of a split as they are.
 *
 * @throws {RangeError} a fault: one lies in an archive
 */
export function filesAsTheyAre(
  data: DataConfig,
  split: Split,
  videos: readonly VideoFiles[],
): PreparedFile[] {
  return videos.flatMap((video) => {
    const side = sideOf(data, split, video);
    return video.files.map((source, i) => {
      if (placeInArchive(source) !== null) {
        throw fault(
          RangeError,
          `Cannot sort "${source}": it lies in an archive; write it anew, with --segments, --float16, --per-crop or --zip`,
        );
      }
      return {
        name: join(side, basename(source)),
        source,
        bytes: () => readBytes(source),
        last: i === video.files.length - 1,
      };
    });
  });
}

/**
 * The files of a split written anew: [N, S, D] segments as the Hub's sets have them, whole videos
 * [T, N, D] as RTFM's, one crop [T, D].
 *
 * @throws as `inspectSplit`; when they are made, as `readFeatures` and `toFloat16`
 */
export async function rewrittenFiles(
  data: DataConfig,
  split: Split,
  videos: readonly VideoFiles[],
  { segments, float16, perCrop }: Rewriting,
): Promise<PreparedFile[]> {
  const expected = expectedOf(data, split, expectedSizes(data, {}));
  const axes = await inspectSplit(videos, expected);
  const pooled = split === "train" ? segments : null;
  const reduce = data.reduce === "random" ? "mean" : data.reduce;
  // One video lies in memory at a time, while its crops are written.
  let kept: { video: VideoFiles; features: VideoFeatures } | null = null;
  const read = async (video: VideoFiles): Promise<VideoFeatures> => {
    if (kept?.video === video) return kept.features;
    kept = null;
    const pooling = pooled === null ? undefined : { segments: pooled, reduce };
    const features = prepareFeatures(
      await readFeatures(video.files, { ...expected, pooling }),
      { reduce, pad: false, normalize: "none", magnitude: false },
      pooled,
    );
    kept = { video, features };
    return features;
  };
  const encode = (shape: number[], values: Float32Array, source: string) => {
    const attempted = `Cannot prepare "${source}"`;
    const data = float16 ? toFloat16(values, attempted, "leave --float16 away") : values;
    return encodeNpy(shape, data);
  };
  return videos.flatMap((video, v): PreparedFile[] => {
    const side = sideOf(data, split, video);
    const [source] = video.files;
    if (perCrop) {
      const numbers = cropNumbers(video, axes[v]);
      return numbers.map((number, place) => ({
        name: join(side, `${video.id}__${number}.npy`),
        source,
        async bytes() {
          const { snippets, dim, values } = await read(video);
          const size = snippets * dim;
          const crop = values.subarray(place * size, (place + 1) * size);
          return encode([snippets, dim], crop, source);
        },
        last: place === numbers.length - 1,
      }));
    }
    const stem = baseName(source).replace(/\.(npy|npz|mat|txt|h5|hdf5)$/i, "");
    const name = join(side, `${video.files.length > 1 ? video.id : stem}.npy`);
    const bytes = async () => {
      const features = await read(video);
      const { crops, snippets, dim, values } = features;
      if (crops === 1) return encode([snippets, dim], values, source);
      if (pooled !== null) return encode([crops, snippets, dim], values, source);
      return encode([snippets, crops, dim], snippetsFirst(features), source);
    };
    return [{ name, source, bytes, last: true }];
  });
}

/** [N, T, D] as [T, N, D]. */
function snippetsFirst({ crops, snippets, dim, values }: VideoFeatures): Float32Array {
  const turned = new Float32Array(crops * snippets * dim);
  for (let n = 0; n < crops; n++) {
    for (let t = 0; t < snippets; t++) {
      const from = (n * snippets + t) * dim;
      turned.set(values.subarray(from, from + dim), (t * crops + n) * dim);
    }
  }
  return turned;
}

/** The folder that tells the side of own videos, which their names do not. */
function sideOf(data: DataConfig, split: Split, video: VideoFiles): string {
  if (dataSets[data.classes].classesOfFolders === undefined) return "";
  return classesOfVideo(data, split, video)[0] > 0 ? "abnormal" : "normal";
}
