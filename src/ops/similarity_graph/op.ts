/** The similarity graph of a video: which snippets resemble each other, each row a softmax. */

import * as tf from "@tensorflow/tfjs";
import { l2Norm } from "../l2_norm/op.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

/** Added to the product of two norms, as the official code. */
export const COSINE_EPSILON = 1e-20;

/** Stands for minus infinity: its exponential is 0 whatever stands beside it. */
const EXCLUDED = -1e30;

/**
 * Cosines [B, T, T] of all pairs of snippets of x [B, T, C], and the products of norms under them.
 */
function cosines(x: tf.Tensor): { cosine: tf.Tensor; scale: tf.Tensor; norm: tf.Tensor } {
  const norm = l2Norm(x); // [B, T]
  const products = tf.mul(tf.expandDims(norm, 2), tf.expandDims(norm, 1)); // [B, T, T]
  const scale = tf.add(products, COSINE_EPSILON);
  return { cosine: tf.div(tf.matMul(x, x, false, true), scale), scale, norm };
}

/** 1 where both snippets are among the first lengths[b], else 0: [B, T, T]. */
function corner(lengths: tf.Tensor, T: number): tf.Tensor {
  const position = tf.range(0, T, 1, "int32");
  const valid = tf.cast(tf.less(position, tf.expandDims(lengths, 1)), "float32"); // [B, T]
  return tf.mul(tf.expandDims(valid, 2), tf.expandDims(valid, 1));
}

// x [B, T, C], lengths int32 [B] -> [B, T, T]. attributes { threshold }
defineKernel({
  name: "WsvadSimilarityGraph",
  composed: ({ x, lengths }, { threshold }) => {
    const { cosine } = cosines(x);
    const inside = corner(lengths, x.shape[1]!);
    const kept = tf.where(tf.greater(cosine, threshold), cosine, tf.zerosLike(cosine));
    const logits = tf.where(tf.greater(inside, 0), kept, tf.fill(kept.shape, EXCLUDED));
    return tf.mul(tf.softmax(logits), inside);
  },
  gradient: {
    inputsToSave: ["x", "lengths"],
    outputsToSave: [true],
    gradFunc: (dy, [x, lengths, graph], attributes) => ({
      x: () => {
        const inputs = { dy: dy as tf.Tensor, x, lengths, graph };
        return runKernel("WsvadSimilarityGraphGrad", inputs, attributes);
      },
      lengths: () => tf.zerosLike(lengths),
    }),
  },
});

// dy, graph [B, T, T], x [B, T, C], lengths int32 [B] -> dx [B, T, C]. attributes { threshold }
defineKernel({
  name: "WsvadSimilarityGraphGrad",
  composed: ({ dy, x, graph }, { threshold }) => {
    const { cosine, scale, norm } = cosines(x);
    const mean = tf.sum(tf.mul(graph, dy), -1, true);
    const dlogits = tf.mul(graph, tf.sub(dy, mean)); // 0 outside of the corner
    const kept = tf.where(tf.greater(cosine, threshold), dlogits, tf.zerosLike(dlogits));
    const share = tf.div(kept, scale);
    const both = tf.add(share, tf.transpose(share, [0, 2, 1])); // [B, T, T]
    // What the norm below the fraction takes back; 0 where the norm is 0, as PyTorch's norm.
    const shrink = tf.sum(tf.mul(tf.mul(both, cosine), tf.expandDims(norm, 1)), 2); // [B, T]
    const along = tf.mul(x, tf.expandDims(tf.divNoNan(shrink, norm), 2));
    return tf.sub(tf.matMul(both, x), along);
  },
});

/**
 * Weights between the valid snippets of each video: softmax over each row of their cosines, of
 * which those that are not above the threshold count as 0 (and stay in the softmax). Padding has no
 * weight.
 *
 * @param x [B, T, C]
 * @param lengths int32 [B] valid snippets, from 1 to T
 * @returns [B, T, T]; row i, column j: the weight of snippet j in the sum of snippet i
 */
export function similarityGraph(x: tf.Tensor, lengths: tf.Tensor, threshold: number): tf.Tensor {
  return runKernel("WsvadSimilarityGraph", { x, lengths }, { threshold });
}
