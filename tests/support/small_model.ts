/** Models of a few channels, and one pass through them. */

import * as tf from "@tensorflow/tfjs";
import { assemble, type DeviceBatch, type Model } from "../../src/model/assemble.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import type { Context } from "../../src/contract/slot.ts";
import { multiHot } from "../../src/data/labels.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { disposePass, runPass } from "../../src/train/step.ts";

/** Runs `body` with a model and a maker of contexts, and frees both. */
export function withModel(
  config: ModelConfig,
  body: (
    model: Model,
    context: (mode: Context["mode"], step?: number) => Context & { random: RandomStream },
  ) => void,
): void {
  const random = new RandomStream(5);
  const model = assemble(config, 5);
  try {
    body(model, (mode, step = 0) => {
      random.step = step;
      return { mode, random, step, epoch: 0 };
    });
  } finally {
    model.parameters.dispose();
    random.dispose();
  }
}

/** A batch of whole videos [B, N, T, D], the second half abnormal. */
export function batchOf(video: tf.Tensor): DeviceBatch {
  const [B, , T] = video.shape;
  const classIds = Array.from({ length: B }, (_, b) => b < B / 2 ? 0 : 1);
  return {
    video,
    lengths: tf.fill([B], T!, "int32"),
    classIds: tf.tensor1d(classIds, "int32"),
    labels: tf.tensor(multiHot(classIds.map((id) => [id]), 14), [B, 14]),
  };
}

/** Values of one named output of a forward pass. */
export function outputOf(
  model: Model,
  video: tf.Tensor,
  context: Context,
  name = "scores",
): Float32Array {
  return tf.tidy(() => Float32Array.from(model.forward(batchOf(video), context)[name].dataSync()));
}

/** Loss and gradients by parameter name, of one training pass. */
export function gradientsOf(
  model: Model,
  video: tf.Tensor,
  context: Context,
): { loss: number; gradients: Map<string, Float32Array> } {
  const batch = batchOf(video);
  const pass = runPass(model, batch, context);
  const loss = pass.loss.dataSync()[0];
  const gradients = new Map(
    [...pass.gradients].map(([name, gradient]) => [name, Float32Array.from(gradient.dataSync())]),
  );
  disposePass(pass);
  tf.dispose([batch.lengths, batch.classIds, batch.labels]);
  return { loss, gradients };
}
