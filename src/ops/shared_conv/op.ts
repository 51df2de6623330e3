/**
 * Depthwise convolution over time with few kernels: channels of the same index mod H share one.
 * Zero padding keeps T.
 */

import * as tf from "@tensorflow/tfjs";
import { columnSum } from "../column_sum/op.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

/**
 * x [R, T, C] as each of K taps sees it: row t of tap k holds x[t + k - (K-1)/2], zeros outside.
 */
function* taps(x: tf.Tensor, K: number): Generator<tf.Tensor> {
  const [R, T, C] = x.shape;
  const reach = (K - 1) / 2;
  const padded = tf.pad(x, [[0, 0], [reach, reach], [0, 0]]); // [R, T + K - 1, C]
  for (let k = 0; k < K; k++) yield tf.slice(padded, [0, k, 0], [R, T!, C!]);
}

/** [C] -> [H]: the sum over the channels that share a kernel. */
function sharedSum(perChannel: tf.Tensor, H: number): tf.Tensor {
  return tf.sum(tf.reshape(perChannel, [-1, H]), 0);
}

function rows(x: tf.Tensor): tf.Tensor {
  return tf.reshape(x, [-1, x.shape.at(-1)!]);
}

// x [R, T, C], weight [H, K], bias [H]? -> [R, T, C]
defineKernel({
  name: "WsvadSharedConv",
  composed: ({ x, weight, bias }) => {
    const [H, K] = weight.shape;
    const groups = x.shape[2]! / H;
    const spread = tf.tile(tf.transpose(weight), [1, groups]); // [K, C]
    const kernels = tf.split(spread, K!, 0); // K x [1, C]
    let y = bias ? tf.tile(tf.reshape(bias, [1, 1, H]), [1, 1, groups]) : tf.scalar(0);
    let k = 0;
    for (const seen of taps(x, K!)) {
      const share = tf.mul(seen, kernels[k]);
      const sum = tf.add(y, share);
      tf.dispose([seen, share, y]);
      y = sum;
      k++;
    }
    return y;
  },
  gradient: {
    inputsToSave: ["x", "weight"],
    gradFunc: (gradient, [x, weight]) => {
      const dy = gradient as tf.Tensor;
      const [H, K] = weight.shape;
      return {
        x: () => runKernel("WsvadSharedConv", { x: dy, weight: tf.reverse(weight, 1) }),
        weight: () =>
          runKernel("WsvadSharedConvGradWeight", { x, dy }, { kernels: H, kernelSize: K }),
        bias: () => sharedSum(columnSum(rows(dy)), H),
      };
    },
  },
});

// x, dy [R, T, C] -> dweight [H, K]. attributes { kernels: H, kernelSize: K }
defineKernel({
  name: "WsvadSharedConvGradWeight",
  composed: ({ x, dy }, { kernels, kernelSize }) => {
    const perTap = Array.from(
      taps(x, kernelSize),
      (seen) => {
        const products = tf.mul(dy, seen);
        const sum = sharedSum(columnSum(rows(products)), kernels);
        tf.dispose([seen, products]);
        return sum;
      },
    ); // K x [H]
    return tf.stack(perTap, 1);
  },
});

/**
 * y[r, t, c] = bias[c mod H] + sum over k of weight[c mod H, k] x[r, t + k - (K-1)/2, c].
 *
 * @param x [R, T, C] f32, C a multiple of H, any T >= 1
 * @param weight [H, K], K odd
 * @param bias [H]
 * @returns [R, T, C]
 */
export function sharedConv(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  return runKernel("WsvadSharedConv", { x, weight, bias });
}
