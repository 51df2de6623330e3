/** Softmax attention with dropout on its weights. The mask is drawn again for the gradient, so no table is kept. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel, runKernels } from "./kernel.ts";
import { dropout } from "./random_values.ts";

// q [P, T, E], k [P, S, E], v [P, S, V], state int32 [4] -> [P, T, V]. attributes { scale, rate, stream }
defineKernel({
  name: "WsvadDroppedAttention",
  composed: ({ q, k, v, state }, { scale, rate, stream }) =>
    tf.matMul(dropout(weights(q, k, scale), state, rate, stream), v),
  gradient: {
    inputsToSave: ["q", "k", "v", "state"],
    gradFunc: (dy, [q, k, v, state], attributes) => {
      const [dq, dk, dv] = runKernels(
        "WsvadDroppedAttentionGrad",
        { dy: dy as tf.Tensor, q, k, v, state },
        attributes,
      );
      return { q: () => dq, k: () => dk, v: () => dv, state: () => tf.zerosLike(state) };
    },
  },
});

// dy [P, T, V], q, k, v, state -> [dq, dk, dv]. attributes { scale, rate, stream }
defineKernel({
  name: "WsvadDroppedAttentionGrad",
  composed: ({ dy, q, k, v, state }, { scale, rate, stream }) => {
    const table = weights(q, k, scale); // [P, T, S]
    const drop = (x: tf.Tensor) => dropout(x, state, rate, stream);
    const dtable = drop(tf.matMul(dy, v, false, true));
    const mean = tf.sum(tf.mul(table, dtable), -1, true);
    const dlogits = tf.mul(tf.mul(table, tf.sub(dtable, mean)), scale);
    return [tf.matMul(dlogits, k), tf.matMul(dlogits, q, true), tf.matMul(drop(table), dy, true)];
  },
});

/** [P, T, S], each row of sum 1. */
function weights(q: tf.Tensor, k: tf.Tensor, scale: number): tf.Tensor {
  return tf.softmax(tf.matMul(tf.mul(q, scale), k, false, true));
}

/**
 * Every query takes the mean of the values, weighted by softmax(scale q k^T) over the keys, of which a share
 * `rate` is dropped.
 *
 * @param q [P, T, E], one P for each row and head
 * @param k [P, S, E]
 * @param v [P, S, V]
 * @param state of the random stream
 * @returns [P, T, V]
 */
export function droppedAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  state: tf.Tensor,
  { scale, rate, stream }: { scale: number; rate: number; stream: number },
): tf.Tensor {
  return runKernel("WsvadDroppedAttention", { q, k, v, state }, { scale, rate, stream });
}
