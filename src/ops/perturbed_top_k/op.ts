/**
 * Which snippets are among the k best, averaged over noisy copies of their scores: a selection with
 * a gradient (Berthet et al., NeurIPS 2020), with CLIP-TSA's official backward pass.
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel, runKernels } from "../kernel/kernel.ts";
import { topKMask } from "../top_k_mask/op.ts";

// scores [R, T], noise [R, n, T] -> frequency [R, T], chosen [R, n, T] of 0 and 1: the k largest of
// scores + sigma noise in each noisy copy, the lower index first among equals;
// the mean over the copies.
// attributes { k, sigma }, 1 <= k <= T
defineKernel({
  name: "WsvadPerturbedTopK",
  composed: ({ scores, noise }, { k, sigma }) => {
    const [R, n, T] = noise.shape;
    const perturbed = tf.add(tf.expandDims(scores, 1), tf.mul(noise, sigma)); // [R, n, T]
    const chosen = tf.reshape(topKMask(tf.reshape(perturbed, [R * n!, T!]), k), noise.shape);
    return [tf.mean(chosen, 1), chosen];
  },
  gradient: {
    inputsToSave: ["noise"],
    outputsToSave: [false, true],
    gradFunc: (slopes, [noise, chosen], attributes) => {
      const [slope] = slopes as unknown as tf.Tensor[];
      return {
        scores: () => runKernel("WsvadPerturbedTopKGradient", { slope, noise, chosen }, attributes),
        noise: () => tf.zerosLike(noise),
      };
    },
  },
});

// slope [R, T] of the frequency, noise, chosen [R, n, T] -> slope of the scores [R, T].
// attributes { sigma }
//   1 / (n sigma) sum over j of chosen[r, j, t] u[r, j],  u[r, j] = sum over t of noise[r, j, t]
//     slope[r, t]
// The textbook has chosen and noise the other way round: equal in expectation, other numbers.
defineKernel({
  name: "WsvadPerturbedTopKGradient",
  composed: ({ slope, noise, chosen }, { sigma }) => {
    const n = noise.shape[1]!;
    const u = tf.matMul(noise, tf.expandDims(slope, 2)); // [R, n, 1]
    return tf.div(tf.squeeze(tf.matMul(chosen, u, true), [2]), n * sigma);
  },
});

/**
 * The share of noisy copies in which each snippet is among the k best. Its gradient to the scores
 * is that of the official code; the noise gets none.
 *
 * @param scores [R, T]
 * @param noise [R, n, T], of unit variance; `sigma` scales it
 * @returns [R, T] in [0, 1]; every row adds up to k
 * @throws {RangeError} k > T
 */
export function perturbedTopK(
  scores: tf.Tensor,
  noise: tf.Tensor,
  { k, sigma }: { k: number; sigma: number },
): tf.Tensor {
  const snippets = scores.shape[1]!;
  if (k > snippets) throw new RangeError(`Cannot select ${k} snippets of ${snippets}`);
  return runKernels("WsvadPerturbedTopK", { scores, noise }, { k, sigma })[0];
}
