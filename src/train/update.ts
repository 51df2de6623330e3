/** One optimiser step: gradients of one or more batches, clipped, applied, watched. */

import * as tf from "@tensorflow/tfjs";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import type { Context } from "../contract/slot.ts";
import { CLIP_EPSILON } from "../ops/loss_scale/op.ts";
import { sumSquares } from "../ops/optimizer_step/op.ts";
import type { MixedPrecision } from "./mixed_precision.ts";
import type { Optimizer, Rates } from "./optimizer.ts";
import { disposePass, type Pass, runPass } from "./step.ts";

/** How gradients become an update. */
export interface UpdateRule {
  optimizer: Optimizer;
  /** Global L2 norm to which the gradients are clipped, or null. */
  clipNorm: number | null;
  /** Null in single precision. */
  mixed: MixedPrecision | null;
}

/**
 * Averages loss, terms and gradients over the batches, clips and updates.
 *
 * @param batches one for each micro step; taken one by one, each disposed after its pass
 * @param observe gets the averaged pass and the gradients' sums of squares [P], before averaging
 *     undone
 */
export async function update(
  model: Model,
  rule: UpdateRule,
  rates: Rates,
  batches: (() => Promise<{ batch: DeviceBatch; context: Context }>)[],
  observe: (pass: Pass, squares: tf.Tensor) => void,
): Promise<void> {
  let total: Pass | undefined;
  try {
    for (const next of batches) {
      const pass = await passOf(model, rule, next);
      total = total ? added(total, pass) : pass;
    }
    if (batches.length > 1) total = averaged(total!, batches.length);
    rule.optimizer.prepare(rates);
  } catch (error) {
    if (total) disposePass(total);
    throw error;
  }
  applyPass(rule, total!, observe);
}

async function passOf(
  model: Model,
  { mixed }: UpdateRule,
  next: () => Promise<{ batch: DeviceBatch; context: Context }>,
): Promise<Pass> {
  const { batch, context } = await next();
  try {
    return runPass(model, batch, context, undefined, mixed);
  } finally {
    tf.dispose({ ...batch });
  }
}

/** Clips, updates and disposes a pass; the optimiser is prepared. */
export function applyPass(
  { optimizer, clipNorm, mixed }: UpdateRule,
  pass: Pass,
  observe: (pass: Pass, squares: tf.Tensor) => void,
): void {
  const made: tf.Tensor[] = [];
  try {
    const squares = sumSquares([...pass.gradients.values()]); // [P]
    made.push(squares);
    const { factor, seen } = mixed
      ? mixed.end(squares, clipNorm)
      : { factor: tf.tidy(() => clipFactor(squares, clipNorm)), seen: squares };
    made.push(factor, seen);
    optimizer.apply(pass.gradients, factor);
    observe(pass, seen);
  } finally {
    tf.dispose(made);
    disposePass(pass);
  }
}

/**
 * The factor of PyTorch's clip_grad_norm_: max / (norm + 1e-6), never above 1. It is 0 where a
 * gradient is not finite: the update is left out, so that what went wrong can be looked for with
 * the weights as they were.
 */
function clipFactor(squares: tf.Tensor, clipNorm: number | null): tf.Tensor {
  const finite = tf.reshape(tf.min(tf.cast(tf.isFinite(squares), "float32")), [1]);
  if (clipNorm === null) return finite;
  const norm = tf.sqrt(tf.sum(squares));
  const factor = tf.reshape(tf.minimum(tf.div(clipNorm, tf.add(norm, CLIP_EPSILON)), 1), [1]);
  return tf.where(tf.cast(finite, "bool"), factor, tf.zerosLike(factor));
}

/** Both are gone after it, whatever happens. */
function added(a: Pass, b: Pass): Pass {
  try {
    return combine(a, b, (x, y) => tf.add(x, y));
  } finally {
    disposePass(a);
    disposePass(b);
  }
}

function averaged(pass: Pass, count: number): Pass {
  try {
    return combine(pass, pass, (x) => tf.div(x, count));
  } finally {
    disposePass(pass);
  }
}

function combine(a: Pass, b: Pass, of: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): Pass {
  const both = <T extends tf.Tensor>(x: Map<string, T>, y: Map<string, T>) =>
    Object.fromEntries([...x].map(([name, value]) => [name, of(value, y.get(name)!) as T]));
  const { loss, terms, gradients } = tf.tidy(() => ({
    loss: of(a.loss, b.loss) as tf.Scalar,
    terms: both(a.terms, b.terms),
    gradients: both(a.gradients, b.gradients),
  }));
  return {
    loss,
    terms: new Map(Object.entries(terms)),
    gradients: new Map(Object.entries(gradients)),
  };
}
