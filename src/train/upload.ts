/** Batches from host memory to the device. */

import * as tf from "@tensorflow/tfjs";
import type { Batch } from "../data/video.ts";
import type { DeviceBatch } from "../model/assemble.ts";

/** The batch on the device, whole or not at all; the caller disposes it. */
export function uploadBatch({ video, shape, lengths, classIds, labels }: Batch): DeviceBatch {
  return tf.tidy(() => ({
    video: tf.tensor(video, shape),
    lengths: tf.tensor1d(lengths, "int32"),
    classIds: tf.tensor1d(classIds, "int32"),
    labels: tf.tensor(labels, [shape[0], labels.length / shape[0]]),
  }));
}
