/**
 * Says before the first step whether training fits into memory, and which settings would make it
 * fit.
 */

import * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { formatBytes } from "../device/bytes.ts";
import type { Device } from "../device/device.ts";
import { fault, isFault } from "../fault.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { stateBytes } from "./optimizer.ts";
import { disposePass, keepingStatistics, runPass } from "./step.ts";

/** Sizes of the training videos as the model gets them, without a magnitude channel. */
export interface VideoSizes {
  dim: number;
  crops: number;
  snippets: number;
  /** Of the data set, Normal among them. */
  classes: number;
  /** Main memory that features take: kept, and being read. */
  featureBytes: number;
}

/**
 * A batch this many times smaller than the limit fits whatever the method keeps for its gradient.
 */
const SURELY_FITS = 64;

/** A need this many times below the limit by a first estimate is not looked at more closely. */
const CLEARLY = 2;

/** What the line may miss: between sizes the peak moves from one place of the pass to another. */
const MARGIN = 1.05;

/** Bytes at most in use as a function of the videos a side. */
interface Line {
  fixed: number;
  perPair: number;
}

/**
 * Measures passes over a few videos a side (of zeros, with the model's state put back) and extends
 * the line to the whole batch.
 *
 * @throws fault with the need, the limit and the largest data.batch_size that fits
 */
export async function requireFit(
  model: Model,
  device: Device,
  config: ResolvedConfig,
  { dim, crops, snippets, classes, featureBytes }: VideoSizes,
): Promise<void> {
  const { batch_size: batchSize, magnitude } = config.data;
  const { limit: tensors, largestTensor, free = Infinity } = device.use();
  const limit = Math.min(tensors, free - featureBytes);
  const has = `${device.name} has ${formatBytes(Math.max(0, limit))}${
    limit < tensors
      ? ` of the machine's memory that is free, beside ${
        formatBytes(featureBytes)
      } for features (data.cache_mb=${config.data.cache_mb})`
      : ""
  }`;
  const shapeOf = (side: number): [number, number, number, number] => [
    2 * side,
    crops,
    snippets,
    dim + Number(magnitude),
  ];
  const bytesOf = (side: number) => 4 * shapeOf(side).reduce((product, size) => product * size, 1);
  const batchBytes = bytesOf(batchSize);
  if (batchBytes * SURELY_FITS < limit && batchBytes <= largestTensor) return;

  const inOnePiece = Math.floor(largestTensor / bytesOf(1));
  const measure = async (side: number) =>
    side > inOnePiece ? null : await peakOf(model, device, shapeOf(side), classes);
  // what lies beside a pass: the optimiser's state, and with accumulation the gradients so far
  const state = stateBytes(config.runner, model.parameters) +
    (config.trainer.accumulate > 1 ? 4 * model.parameters.size : 0);
  const lineOf = (side: number, peak: number, further: number, furtherPeak: number): Line => {
    const perPair = Math.max(bytesOf(1), (furtherPeak - peak) / (further - side));
    return { perPair, fixed: Math.max(0, peak - side * perPair) + state };
  };
  const one = await measure(1);
  if (one === null) throw tooLarge(`one video a side is too much for ${device.name}`, 0, config);
  if (one + state > limit) {
    throw tooLarge(
      `one video a side needs about ${formatBytes(one + state)}, and ${has}`,
      0,
      config,
    );
  }
  if (batchSize === 1) return;
  const two = await measure(2);
  if (two === null) {
    throw tooLarge(`two videos a side are too much for ${device.name}`, 1, config);
  }
  let line = lineOf(1, one, 2, two);
  const fitsBy = ({ fixed, perPair }: Line) =>
    Math.max(1, Math.min(inOnePiece, Math.floor((limit - fixed) / perPair)));
  const needBy = ({ fixed, perPair }: Line) => fixed + batchSize * perPair;
  if (needBy(line) > limit / CLEARLY) {
    // Small batches peak where gradients of the weights are made, large ones elsewhere:
    // look closer.
    const side = Math.floor(Math.min(batchSize, fitsBy(line)) / 4);
    const half = Math.floor(side / 2);
    const [peak, further] = half > 1 ? [await measure(half), await measure(side)] : [null, null];
    if (peak !== null && further !== null) {
      line = lineOf(half, peak, side, further);
      line.perPair *= MARGIN;
    }
  }
  const need = needBy(line);
  if (need <= limit && batchSize <= inOnePiece) return;
  throw tooLarge(
    need > limit
      ? `a step needs about ${formatBytes(need)}, and ${has}`
      : `one batch is ${formatBytes(batchBytes)}, and ${device.name} takes at most ${
        formatBytes(largestTensor)
      } in one piece`,
    fitsBy(line),
    config,
  );
}

/**
 * Most bytes in use during a pass over zeros, or null where it does not fit; buffers such as
 * running means are put back.
 */
async function peakOf(
  model: Model,
  device: Device,
  shape: [number, number, number, number],
  classes: number,
): Promise<number | null> {
  const random = new RandomStream(0);
  let batch: DeviceBatch | undefined;
  device.resetUse();
  try {
    batch = tf.tidy(() => ({
      video: tf.zeros(shape),
      lengths: tf.fill([shape[0]], shape[2], "int32"),
      classIds: tf.fill([shape[0]], 0, "int32"),
      labels: tf.ones([shape[0], classes]),
    }));
    const context = { mode: "train", random, step: 0, epoch: 0 } as const;
    return await keepingStatistics(model, async () => {
      disposePass(runPass(model, batch!, context));
      await device.synchronise();
      device.assertHealthy();
      return device.use().peak;
    });
  } catch (error) {
    if (!isFault(error)) throw error; // a fault is the device's own word for a full memory
    await device.synchronise(); // what waited for its commands comes free
    return null;
  } finally {
    tf.dispose({ ...batch });
    random.dispose();
  }
}

function tooLarge(found: string, fits: number, { data, trainer, runner }: ResolvedConfig): Error {
  const advice = fits < 1
    ? "lower data.segments, take features of fewer crops, or choose another --device"
    : `data.batch_size=${fits} fits (now ${data.batch_size}); trainer.accumulate=${
      trainer.accumulate * Math.ceil(data.batch_size / fits)
    } with it keeps about the same videos per step`;
  const recomputing = [["runner.encoder", runner.encoder], ["runner.head", runner.head]] as const;
  const keeping = recomputing.flatMap(([key, slot]) =>
    (slot as { recompute?: boolean }).recompute === false ? [`${key}.recompute=true`] : []
  );
  const less = keeping.length ? `; ${keeping.join(" ")} needs less for a third more time` : "";
  return fault(RangeError, `Cannot train with these settings: ${found}; ${advice}${less}`);
}
