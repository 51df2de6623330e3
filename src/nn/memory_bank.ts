/** A learned bank of memory slots that snippets are compared with and read from. */

import * as tf from "@tensorflow/tfjs";
import type { Scope } from "../contract/slot.ts";
import { linear } from "../ops/linear/op.ts";
import { topKMean } from "../ops/top_k_mask/op.ts";
import { uniformWithin } from "./initialisers.ts";

/** What a bank says of x [..., C]. */
export interface Recall {
  /** [...], mean of the largest slot similarities. */
  activation: tf.Tensor;
  /** [..., C], the slots added up, each with its similarity. */
  read: tf.Tensor;
}

/**
 * Similarity is sigmoid(x . slot / sqrt(C)) for every slot on its own, not a softmax over the
 * slots. The activation is the mean of the slots / 16 + 1 largest (henrryzh1/UR-DMU:memory.py).
 *
 * Parameter `<name>.memory_block` [slots, C].
 */
export function memoryBank(
  scope: Scope,
  name: string,
  slots: number,
  channels: number,
): (x: tf.Tensor) => Recall {
  const root = Math.sqrt(channels);
  const memory = scope.parameter(
    `${name}.memory_block`,
    [slots, channels],
    uniformWithin(1 / root),
  );
  const counted = Math.floor(slots / 16) + 1;
  return (x) => {
    const similarity = linear(x, tf.div(memory, root), undefined, "sigmoid"); // [..., slots]
    const rows = tf.reshape(similarity, [-1, slots]) as tf.Tensor2D;
    return {
      activation: topKMean(similarity, counted),
      read: tf.reshape(tf.matMul(rows, memory as tf.Tensor2D), x.shape),
    };
  };
}
