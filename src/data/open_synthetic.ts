/** The built-in data set: `data.source=synthetic`. */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { requireRoom } from "../io/read_file.ts";
import { dataSets } from "../sets/index.ts";
import type { DataNeed } from "./data_need.ts";
import { expectedSizes } from "./feature_sizes.ts";
import { type KnownVideo, videoMakers } from "./prepared_videos.ts";
import { syntheticVideos } from "./synthetic.ts";
import type { Dataset } from "./video.ts";

const I3D_DIM = 2048;
const CLIP_DIM = 512; // ViT-B/16

/** @throws {RangeError} a fault: sizes that contradict each other or the model */
export function openSynthetic(
  config: DataConfig,
  { features = {}, evaluation }: DataNeed,
): Dataset {
  const sizes = expectedSizes(config, features);
  const textAligned = config.features === "clip";
  const { dim = config.synthetic.dim ?? (textAligned ? CLIP_DIM : I3D_DIM) } = sizes;
  const { crops = config.synthetic.crops } = sizes;
  if (config.classes !== "ucf_crime") {
    throw fault(
      RangeError,
      `Cannot make synthetic data with data.classes=${config.classes}; set data.classes=ucf_crime`,
    );
  }
  const { shortest, longest_train, longest_test } = config.synthetic;
  if (shortest > Math.min(longest_train, longest_test)) {
    throw fault(
      RangeError,
      `Cannot make synthetic videos of at least ${shortest} and at most ${
        Math.min(longest_train, longest_test)
      } snippets; lower data.synthetic.shortest`,
    );
  }
  requireSizes(config.synthetic, dim, crops);
  const list = dataSets[config.classes];
  const { seed } = config;
  const made = syntheticVideos(
    { ...config.synthetic, seed, dim, crops, textAligned },
    list.classes,
  );
  const known = (video: typeof made.train[number]): KnownVideo => ({
    id: video.id,
    classId: video.classId,
    snippets: video.snippets,
    crops: Array.from({ length: crops }, (_, n) => n),
    read: (crop) => Promise.resolve({ ...video.draw(crop), magnitude: false }),
  });
  const makers = videoMakers(config, list, dim, made.train.map(known));
  return {
    name: "synthetic",
    provenance: `synthetic seed ${seed}, ${
      textAligned ? "text-aligned, " : ""
    }${made.train.length} training and ${made.test.length} test videos, [${crops}, T, ${dim}]`,
    features: null,
    groundTruthRule: "synthetic",
    classes: [...list.classes],
    dim,
    crops,
    train: made.train.flatMap((video) => makers.train(known(video))),
    trainVideos: made.train.length,
    test: made.test.map((video) => {
      const perSnippet = evaluation?.frames_per_snippet ?? 16;
      const frames = perSnippet * video.snippets;
      const intervals = video.events.map(({ start, end }) => ({
        start: perSnippet * start,
        end: perSnippet * end,
      }));
      const truth = () => ({ frames, intervals });
      return makers.test(known(video), { at: truth, videoFrames: frames, marked: intervals });
    }),
    offGrid: [],
    warnings: [],
    notes: [],
  };
}

/**
 * Patterns of all channels that the videos share, rounded up; and numbers that a video keeps of
 * each snippet.
 */
const PATTERNS = 64, KEPT_OF_SNIPPET = 2;

/** Refuses sizes that no machine holds, before the first number is made. */
function requireSizes(
  { videos_train, videos_test, longest_train, longest_test }: DataConfig["synthetic"],
  dim: number,
  crops: number,
): void {
  const longest = Math.max(longest_train, longest_test);
  const snippets = 2 * (videos_train * longest_train + videos_test * longest_test);
  const takes: [string, number, string][] = [
    [
      `a video of [${crops}, ${longest}, ${dim}]`,
      crops * longest * dim,
      "longest_train, longest_test, crops or dim",
    ],
    [`${dim} channels`, PATTERNS * dim, "dim"],
    [
      `${snippets} snippets in all videos`,
      KEPT_OF_SNIPPET * snippets,
      "videos_train, videos_test, longest_train or longest_test",
    ],
  ];
  for (const [what, numbers, keys] of takes) {
    requireRoom(
      4 * numbers,
      `Cannot make synthetic data with ${what}`,
      `lower data.synthetic.${keys}`,
    );
  }
}
