/** Golden cases of `bn_wvad`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import { chosenAbnormal, farthestFirst } from "../../losses/pull_push.ts";
import type { Values } from "../../contract/slot.ts";
import { cropMean } from "../../ops/crop_mean/op.ts";
import { topKIndices } from "../../ops/top_k/op.ts";
import type { ModelConfig } from "../../model/chain.ts";
import { DIM_OF_THE_CASE, type GoldenRunner, lossOf } from "../golden_runner.ts";

function ratios(model: ModelConfig): { ratio_sample: number; ratio_batch: number } {
  return lossOf(model, "pull_push_1");
}

/** Distances of one half of the videos, [h, T]. */
function distances(values: Values, layer: number, side: "normal" | "abnormal"): tf.Tensor {
  const half = sideOf(values[`distance.${layer}`], side);
  return tf.reshape(half, [-1, half.shape[2]!]);
}

/** The indices of as many largest values as `shape` has columns: x [M, T] -> [M, k]. */
function largest(x: tf.Tensor, shape: number[]): tf.Tensor {
  return topKIndices(x, Math.min(shape.at(-1)!, x.shape[1]!));
}

/** The values of x where the mask is 1, in their order, as many as expected. */
function chosenInOrder(x: tf.Tensor, mask: tf.Tensor, count: number): tf.Tensor {
  const flat = tf.reshape(mask, [1, -1]);
  // chosen first, by place
  const early = tf.sub(tf.mul(flat, 2 * flat.size), tf.range(0, flat.size));
  return tf.gather(tf.reshape(x, [-1]), tf.reshape(topKIndices(early, count), [count]));
}

function selections(layer: number): GoldenRunner["outputs"] {
  const of = (side: "normal" | "abnormal") => (values: Values) => distances(values, layer, side);
  const [normal, abnormal] = [of("normal"), of("abnormal")];
  return {
    [`distance${layer}`]: (values) => cropMean(values[`distance.${layer}`]),
    [`select/sample${layer}`]: (values, shape) => largest(abnormal(values), shape),
    [`select/batch${layer}`]: (values, shape) =>
      tf.reshape(largest(tf.reshape(abnormal(values), [1, -1]), shape), shape),
    [`select/normal${layer}`]: (values, shape) => largest(normal(values), shape),
    [`mpp${layer}/normal_distance`]: (values, shape, model) =>
      tf.slice(farthestFirst(normal(values), ratios(model)), [0], shape),
    [`mpp${layer}/abnormal_distance`]: (values, [count], model) => {
      const all = abnormal(values);
      return chosenInOrder(all, chosenAbnormal(all, ratios(model)), count);
    },
  };
}

export const bnWvad: GoldenRunner = {
  settings: {
    feature_dim: "features.dim",
    hidden: "encoder.hidden",
    layers: "encoder.layers",
    heads: "encoder.heads",
    head_dim: "encoder.head_dim",
    ff_dim: "encoder.ff_dim",
    dropout: "encoder.dropout",
    head_channels: "head.channels",
    kernel_sizes: { fixed: [1, 1, 1] }, // all 1
    ratio_sample: ["loss.pull_push_1.ratio_sample", "loss.pull_push_2.ratio_sample"],
    ratio_batch: ["loss.pull_push_1.ratio_batch", "loss.pull_push_2.ratio_batch"],
    bn_eps: "head.bn_epsilon",
    bn_momentum: "head.bn_momentum",
    triplet_margin: ["loss.pull_push_1.margin", "loss.pull_push_2.margin"],
  },
  apart: DIM_OF_THE_CASE,
  terms: {
    loss_normal: "normal_probability",
    loss_mpp: ["pull_push_1", "pull_push_2"],
    loss_mpp_layer1: "pull_push_1",
    loss_mpp_layer2: "pull_push_2",
  },
  outputs: {
    scores_four_axis_call: (values) => {
      const [probability, distance1, distance2] = ["probability", "distance.1", "distance.2"]
        .map((name) => cropMean(values[name]));
      return tf.expandDims(tf.mul(tf.add(distance1, distance2), probability), 2);
    },
    normal_head_score: ({ probability }) => cropMean(probability),
    conv1: ({ conv_1 }) => firstRow(conv_1),
    conv2: ({ conv_2 }) => firstRow(conv_2),
    embedding: ({ embedding }) => firstSnippets(embedding),
    selfatt: ({ encoded }) => firstSnippets(encoded),
    ...selections(1),
    ...selections(2),
  },
};

/** The first row, channels first as in the official code: [R, T, C] -> [C, T]. */
function firstRow(x: tf.Tensor): tf.Tensor {
  const [, T, C] = x.shape;
  return tf.transpose(tf.reshape(tf.slice(x, [0, 0, 0], [1, T!, C!]), [T!, C!]));
}

/** The first 8 snippets of the first row: x [..., T, C] -> [8, C]. */
function firstSnippets(x: tf.Tensor): tf.Tensor {
  const C = x.shape.at(-1)!;
  return tf.slice(tf.reshape(x, [-1, C]), [0, 0], [8, C]);
}
