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

/** Bytes as a function of the videos a side. */
interface Line {
  fixed: number;
  perPair: number;
}

/** Bytes at most in use, and those of each operation where that matters. */
interface Needs {
  step: Line;
  operations: (Line & { name: string })[];
}

/** The same of one pass. */
interface Peaks {
  bytes: number;
  operations: ReadonlyMap<string, number>;
}

/** @param least bytes of one video a side */
function lineThrough(side: number, a: number, further: number, b: number, least: number): Line {
  const perPair = Math.max(least, (b - a) / (further - side));
  return { perPair, fixed: Math.max(0, a - side * perPair) };
}

function needAt(side: number, { fixed, perPair }: Line): number {
  return fixed + side * perPair;
}

/** Videos a side that `limit` bytes are enough for. */
function sideOf({ fixed, perPair }: Line, limit: number): number {
  return perPair > 0 ? Math.floor((limit - fixed) / perPair) : Infinity;
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
  const { limit: tensors, largestTensor, free = Infinity, operations } = device.use();
  const limit = Math.min(tensors, free - featureBytes), together = operations?.limit ?? Infinity;
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
  const surely = batchBytes * SURELY_FITS < Math.min(limit, together);
  if (surely && batchBytes <= largestTensor) return;

  const inOnePiece = Math.floor(largestTensor / bytesOf(1));
  const measure = async (side: number) =>
    side > inOnePiece ? null : await peakOf(model, device, shapeOf(side), classes);
  // what lies beside a pass: the optimiser's state, and with accumulation the gradients so far
  const state = stateBytes(config.runner, model.parameters) +
    (config.trainer.accumulate > 1 ? 4 * model.parameters.size : 0);
  const needsOf = (side: number, a: Peaks, further: number, b: Peaks): Needs => {
    const { perPair, fixed } = lineThrough(side, a.bytes, further, b.bytes, bytesOf(1));
    const operations = Array.from(b.operations, ([name, bytes]) => ({
      name,
      ...lineThrough(side, a.operations.get(name) ?? 0, further, bytes, 0),
    }));
    return { step: { perPair, fixed: fixed + state }, operations };
  };
  const one = await measure(1);
  if (one === null) throw tooLarge(`one video a side is too much for ${device.name}`, 0, config);
  if (one.bytes + state > limit) {
    throw tooLarge(
      `one video a side needs about ${formatBytes(one.bytes + state)}, and ${has}`,
      0,
      config,
    );
  }
  if (batchSize === 1) return;
  const two = await measure(2);
  if (two === null) {
    throw tooLarge(`two videos a side are too much for ${device.name}`, 1, config);
  }
  let needs = needsOf(1, one, 2, two);
  const fitsBy = ({ step, operations }: Needs) => {
    const sides = operations.map((line) => sideOf(line, together));
    return Math.max(1, Math.min(inOnePiece, sideOf(step, limit), ...sides));
  };
  if (needAt(batchSize, needs.step) > limit / CLEARLY) {
    // Small batches peak where gradients of the weights are made, large ones elsewhere:
    // look closer.
    const side = Math.floor(Math.min(batchSize, fitsBy(needs)) / 4);
    const half = Math.floor(side / 2);
    const [near, far] = half > 1 ? [await measure(half), await measure(side)] : [null, null];
    if (near !== null && far !== null) {
      needs = needsOf(half, near, side, far);
      needs.step.perPair *= MARGIN;
    }
  }
  const need = needAt(batchSize, needs.step);
  const [most] = needs.operations
    .map((line) => ({ name: line.name, bytes: needAt(batchSize, line) }))
    .sort((a, b) => b.bytes - a.bytes);
  const atOnce = most?.bytes ?? 0;
  if (need <= limit && batchSize <= inOnePiece && atOnce <= together) return;
  throw tooLarge(
    need > limit
      ? `a step needs about ${formatBytes(need)}, and ${has}`
      : batchSize <= inOnePiece
      ? `its operation ${most.name} needs about ${
        formatBytes(atOnce)
      } at once, and ${device.name} takes at most ${formatBytes(together)} for one operation`
      : `one batch is ${formatBytes(batchBytes)}, and ${device.name} takes at most ${
        formatBytes(largestTensor)
      } in one piece`,
    fitsBy(needs),
    config,
  );
}

/**
 * What a pass over zeros needs, or null where it does not fit; buffers such as running means are
 * put back.
 */
async function peakOf(
  model: Model,
  device: Device,
  shape: [number, number, number, number],
  classes: number,
): Promise<Peaks | null> {
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
      const { peak, operations } = device.use();
      return { bytes: peak, operations: operations?.needs ?? new Map() };
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
