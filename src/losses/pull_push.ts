/**
 * Losses `pull_push_1`, `pull_push_2`: snippets far from the running mean of a batch norm are
 * pushed away from it in abnormal videos, and pulled to it in normal ones ("mean-based pull-push").
 *
 * Source: BN-WVAD, Zhou et al., arXiv 2311.15367, section 3.4;
 * cool-xuan/BN-WVAD:losses/mpp_loss.py, loss_computer.py. The M chosen abnormal snippets, in order
 * of video and time, are paired with the M normal ones that are farthest, first every video's
 * farthest, then every video's second, and so on: mean over the pairs of max(0, normal distance -
 * abnormal distance + margin). M depends on the data, so nothing is gathered: each abnormal snippet
 * looks up its partner by its place among the chosen, and those not chosen count 0.
 *
 * Requires distance.1 or distance.2 [B, N, T], normal videos first; each crop counts as a video
 *
 * @throws {RangeError} so few snippets that none is chosen
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { fault } from "../fault.ts";
import type { LossTerm } from "../contract/slot.ts";
import { gatherScores, topKIndices } from "../ops/top_k/op.ts";
import { topKMask } from "../ops/top_k_mask/op.ts";
import { sideOf } from "../contract/halves.ts";

const config = (weight: number) =>
  z.strictObject({
    weight: z.number().default(weight).describe("factor of the term in the loss"),
    margin: z.number().default(1).describe("how much farther the abnormal snippet must be"),
    ratio_sample: z.number().min(0).max(1).default(0.2).describe(
      "share of each abnormal video that is chosen",
    ),
    ratio_batch: z.number().min(0).max(1).default(0.4).describe(
      "share of all abnormal snippets of the batch that is chosen as well",
    ),
  });
export type PullPushConfig = z.infer<ReturnType<typeof config>>;

function pullPush(layer: 1 | 2, weight: number): LossTerm<PullPushConfig> {
  const port = `distance.${layer}`;
  return {
    name: `pull_push_${layer}`,
    summary: `abnormal snippets leave the mean of batch norm ${layer}, normal ones return to it`,
    source: "BN-WVAD, Zhou et al., arXiv 2311.15367; cool-xuan/BN-WVAD:losses/mpp_loss.py",
    config: config(weight),
    requires: { [port]: "B N T" },
    build: (settings) => (values) => {
      const T = values[port].shape[2]!;
      const [normal, abnormal] = (["normal", "abnormal"] as const)
        .map((side) => tf.reshape(sideOf(values[port], side), [-1, T])); // [h, T]
      const chosen = chosenAbnormal(abnormal, settings); // [h, T]
      const partner = farthestFirst(normal, settings); // [at least M]
      const place = placeAmongChosen(chosen); // int32 [h, T]
      const gap = tf.sub(tf.gather(partner, place), abnormal);
      const hinge = tf.mul(tf.relu(tf.add(gap, settings.margin)), chosen);
      return tf.div(sumOf(hinge), sumOf(chosen)) as tf.Scalar;
    },
  };
}

export const pullPush1: LossTerm<PullPushConfig> = pullPush(1, 5);
export const pullPush2: LossTerm<PullPushConfig> = pullPush(2, 20);

type Ratios = Pick<PullPushConfig, "ratio_sample" | "ratio_batch">;

/** Snippets chosen of each of h videos of T snippets, and of all of them together. */
function chosenCounts(
  h: number,
  T: number,
  { ratio_sample, ratio_batch }: Ratios,
): { sample: number; batch: number } {
  return { sample: Math.floor(T * ratio_sample), batch: Math.trunc(h * T * ratio_batch) };
}

/** Distances of the abnormal videos [h, T] -> [h, T], 1 where chosen by either rule, else 0. */
export function chosenAbnormal(distances: tf.Tensor, ratios: Ratios): tf.Tensor {
  const [h, T] = distances.shape;
  const { sample, batch } = chosenCounts(h, T!, ratios);
  if (sample + batch === 0) {
    throw fault(
      RangeError,
      `Cannot choose abnormal snippets: ${h} videos of ${T} snippets are too few for ratio_sample ${ratios.ratio_sample} and ratio_batch ${ratios.ratio_batch}; set data.segments higher`,
    );
  }
  const bySample = topKMask(distances, sample);
  const byBatch = tf.reshape(topKMask(tf.reshape(distances, [1, h * T!]), batch), [h, T!]);
  return tf.maximum(bySample, byBatch);
}

/**
 * Distances of the normal videos [h, T] -> every video's farthest, then every video's second ...,
 * as far as pairs may need.
 */
export function farthestFirst(distances: tf.Tensor, ratios: Ratios): tf.Tensor {
  const [h, T] = distances.shape;
  const { sample, batch } = chosenCounts(h, T!, ratios);
  const most = h * sample + batch; // no snippet chosen twice
  const ranks = Math.min(T!, Math.floor(most / h) + 1);
  const ranked = gatherScores(distances, topKIndices(distances, ranks)); // [h, ranks]
  return tf.reshape(tf.transpose(ranked), [-1]);
}

/**
 * Mask [h, T] -> int32 [h, T], how many chosen ones stand before each, in order of video and time.
 */
function placeAmongChosen(mask: tf.Tensor): tf.Tensor {
  const flat = tf.reshape(mask, [-1]);
  return tf.cast(tf.reshape(tf.cumsum(flat, 0, true), mask.shape), "int32");
}

/** x [h, T] -> scalar; row by row, because one long float32 sum loses digits. */
function sumOf(x: tf.Tensor): tf.Tensor {
  return tf.sum(tf.sum(x, 1));
}
