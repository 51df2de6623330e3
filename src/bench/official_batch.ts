/** The batch that a method's official code trains on: its shape, and random values in it. */

import { officialFeatures } from "../config/official_features.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Batch } from "../data/video.ts";
import { multiHot } from "../data/labels.ts";
import { Random } from "../random.ts";

export type BatchShape = [videos: number, crops: number, snippets: number, channels: number];

const USUAL_SEGMENTS = 32;

/**
 * Shape of a training batch, both sides together, with the magnitude channel where the method takes
 * one.
 *
 * @param videos in place of the recipe's 2 x data.batch_size
 */
export function officialBatch(
  { runner, data }: ResolvedConfig,
  videos = 2 * data.batch_size,
): BatchShape {
  const official = officialFeatures(runner.name);
  const dim = runner.features.dim ?? official.dim;
  return [
    videos,
    runner.features.crops ?? official.crops,
    data.segments ?? runner.features.segments ?? USUAL_SEGMENTS,
    dim + Number(data.magnitude),
  ];
}

/** Values drawn; the rest repeats them, as drawing hundreds of MB would take longer than a step. */
const DRAWN = 1 << 20;

/**
 * A batch of uniform numbers, half of its videos normal. A magnitude channel is no larger than the
 * others.
 */
export function randomBatch(shape: BatchShape, classes = 14): Batch {
  const [videos, , snippets] = shape;
  const random = new Random(0, "bench");
  const video = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < Math.min(DRAWN, video.length); i++) video[i] = random.uniform();
  for (let i = DRAWN; i < video.length; i += DRAWN) {
    video.copyWithin(i, 0, Math.min(DRAWN, video.length - i));
  }
  const classIds = Array.from({ length: videos }, (_, b) => b < videos / 2 ? 0 : 1);
  return {
    video,
    shape,
    lengths: new Int32Array(videos).fill(snippets),
    classIds: Int32Array.from(classIds),
    labels: multiHot(classIds.map((id) => [id]), classes),
    ids: [],
  };
}
