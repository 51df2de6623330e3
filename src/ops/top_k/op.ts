/** Selection of snippets: which k of T are largest, and the rows and scores that stand there. */

import * as tf from "@tensorflow/tfjs";
import { detach } from "../kernel/detach.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";
import { oneHot } from "../kernel/one_hot.ts";

// values [B, T] -> int32 [B, k], largest first, the lower index first among equals.
// attributes { k }
defineKernel({
  name: "WsvadTopKIndices",
  composed: ({ values }, { k }) => tf.topk(values, k, true).indices,
});

/**
 * Indices of the k largest values of each row, largest first; among equals the lower index first.
 * The choice carries no gradient.
 *
 * @param values [B, T]
 * @returns int32 [B, k]
 * @throws {RangeError} k > T
 */
export function topKIndices(values: tf.Tensor, k: number): tf.Tensor {
  const snippets = values.shape[1]!;
  if (k > snippets) {
    throw new RangeError(`Cannot select ${k} snippets of ${snippets}`);
  }
  return detach(runKernel("WsvadTopKIndices", { values }, { k }));
}

// features [B, N, T, C], index int32 [B, k] -> [B, N, k, C]
defineKernel({
  name: "WsvadGatherSnippets",
  composed: ({ features, index }) => tf.matMul(selector(features, index), features),
  gradient: {
    inputsToSave: ["index"],
    gradFunc: (dy, [index], attributes) => ({
      features: () => runKernel("WsvadScatterSnippets", { dy: dy as tf.Tensor, index }, attributes),
      index: () => tf.zerosLike(index),
    }),
  },
});

// dy [B, N, k, C], index int32 [B, k] -> [B, N, T, C]: rows chosen twice add up.
// attributes { snippets }
defineKernel({
  name: "WsvadScatterSnippets",
  composed: ({ dy, index }, { snippets }) => {
    const [B, N, , C] = dy.shape;
    const empty = tf.zeros([B, N!, snippets, C!]);
    return tf.matMul(selector(empty, index), dy, true);
  },
});

/**
 * One row of zeros with a single 1 for each chosen snippet: [B, N, k, T], for features
 * [B, N, T, C].
 */
function selector(features: tf.Tensor, index: tf.Tensor): tf.Tensor {
  const [, N, T] = features.shape;
  const chosen = oneHot(index, T!); // [B, k, T]
  return tf.tile(tf.expandDims(chosen, 1), [1, N!, 1, 1]);
}

/**
 * The rows of the chosen snippets, the same snippets for all crops of a video.
 *
 * @param features [B, N, T, C]
 * @param index int32 [B, k]
 * @returns [B, N, k, C]
 */
export function gatherSnippets(features: tf.Tensor, index: tf.Tensor): tf.Tensor {
  return runKernel("WsvadGatherSnippets", { features, index }, { snippets: features.shape[2] });
}

/** scores [B, T], index int32 [B, k] -> [B, k]. */
export function gatherScores(scores: tf.Tensor, index: tf.Tensor): tf.Tensor {
  const [B, T] = scores.shape;
  const gathered = gatherSnippets(tf.reshape(scores, [B, 1, T!, 1]), index); // [B, 1, k, 1]
  return tf.reshape(gathered, [B, index.shape[1]!]);
}
