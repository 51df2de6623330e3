/** Batches from host memory to the device. */

import * as tf from "@tensorflow/tfjs";
import type { Batch } from "../data/video.ts";
import type { DeviceBatch } from "../model/assemble.ts";
import { tensorOfParts } from "../ops/kernel/tensor_of_parts.ts";

/** The batch on the device, whole or not at all; the caller disposes it. */
export function uploadBatch(batch: Batch): DeviceBatch {
  const { parts, shape, lengths, classIds, labels } = batch;
  return tf.tidy(() => ({
    video: (parts && tensorOfParts(parts, shape)) ?? tf.tensor(batch.video, shape),
    lengths: tf.tensor1d(lengths, "int32"),
    classIds: tf.tensor1d(classIds, "int32"),
    labels: tf.tensor(labels, [shape[0], labels.length / shape[0]]),
  }));
}
