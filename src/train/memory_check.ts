/** Says before the first step whether training fits into memory, and which settings would make it fit. */

import * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Dataset } from "../data/video.ts";
import type { Device } from "../device/device.ts";
import { fault } from "../fault.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { overwrite } from "../ops/overwrite.ts";
import { disposePass, runPass } from "./step.ts";

/** A batch this many times smaller than the limit fits whatever the method keeps for its gradient. */
const SURELY_FITS = 64;

/** Moments of Adam and the gradients themselves, beside a pass: counted as so many copies of the parameters. */
const COPIES_OF_PARAMETERS = 2;

/**
 * Measures passes over one and over two videos a side (of zeros, with the model's state put back) and
 * extends the line to the whole batch.
 *
 * @throws fault with the need, the limit and the largest data.batch_size that fits
 */
export async function requireFit(
  model: Model,
  device: Device,
  config: ResolvedConfig,
  dataset: Pick<Dataset, "dim" | "crops">,
): Promise<void> {
  const { batch_size: batchSize, segments, magnitude } = config.data;
  const { limit, largestTensor } = device.use();
  const shapeOf = (side: number): [number, number, number, number] => [
    2 * side,
    dataset.crops,
    segments ?? model.minimumSnippets,
    dataset.dim + (magnitude ? 1 : 0),
  ];
  const bytesOf = (side: number) => 4 * shapeOf(side).reduce((product, size) => product * size, 1);
  if (bytesOf(batchSize) > largestTensor) {
    throw tooLarge(
      `one batch is ${gigabytes(bytesOf(batchSize))}, and ${device.name} takes at most ${
        gigabytes(largestTensor)
      } in one piece`,
      Math.floor(largestTensor / bytesOf(1)),
      config,
    );
  }
  if (bytesOf(batchSize) * SURELY_FITS < limit || batchSize < 3) return;
  const one = await peakOf(model, device, shapeOf(1));
  const two = await peakOf(model, device, shapeOf(2));
  const perVideoPair = Math.max(bytesOf(1), two - one);
  const fixed = Math.max(0, one - perVideoPair) + COPIES_OF_PARAMETERS * 4 * model.parameters.size;
  const need = fixed + batchSize * perVideoPair;
  if (need <= limit) return;
  throw tooLarge(
    `a step needs about ${gigabytes(need)}, and ${device.name} has ${gigabytes(limit)}`,
    Math.floor((limit - fixed) / perVideoPair),
    config,
  );
}

/** Most bytes in use during a pass over zeros; buffers such as running means are put back. */
async function peakOf(
  model: Model,
  device: Device,
  shape: [number, number, number, number],
): Promise<number> {
  const buffers = model.parameters.all().filter(({ trained }) => !trained);
  const before = await Promise.all(buffers.map(({ variable }) => variable.data()));
  const kept = before.map((values) => Float32Array.from(values)); // they are moved in place
  const random = new RandomStream(0);
  const batch: DeviceBatch = {
    video: tf.zeros(shape),
    lengths: tf.fill([shape[0]], shape[2], "int32"),
    classIds: tf.fill([shape[0]], 0, "int32"),
  };
  device.resetUse();
  disposePass(runPass(model, batch, { mode: "train", random, step: 0, epoch: 0 }));
  await device.synchronise();
  device.assertHealthy();
  buffers.forEach(({ variable }, i) => overwrite(variable, kept[i]));
  tf.dispose({ ...batch });
  random.dispose();
  return device.use().peak;
}

function tooLarge(found: string, fits: number, { data, trainer }: ResolvedConfig): Error {
  const advice = fits < 1
    ? "lower data.segments or data.crops, or take another device"
    : `data.batch_size=${fits} fits (now ${data.batch_size}); trainer.accumulate=${
      trainer.accumulate * Math.ceil(data.batch_size / fits)
    } with it keeps about the same videos per step`;
  return fault(RangeError, `Cannot train with these settings: ${found}; ${advice}`);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}
