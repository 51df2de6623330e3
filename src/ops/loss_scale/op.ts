/**
 * Dynamic loss scaling: half precision cannot hold small gradients, so the loss is multiplied by a
 * scale that grows while nothing overflows and is halved when something does; that step is skipped.
 *
 * Source: Micikevicius et al., ICLR 2018, arXiv 1710.03740; numbers as in PyTorch's GradScaler.
 */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernels } from "../kernel/kernel.ts";

/** Scale of the first step, and steps without an overflow after which it doubles. */
export const FIRST_SCALE = 65536;
const GROWTH_INTERVAL = 2000;
export const SMALLEST = 1, LARGEST = 2 ** 24;
/** PyTorch's guard in clip_grad_norm_. */
export const CLIP_EPSILON = 1e-6;

interface ScalingAttributes {
  /** Global norm to clip to; 0 for none. */
  clip: number;
  growthInterval: number;
}

// state [3] (scale, steps since it changed, steps skipped), squares [P] -> factor [1], seen [P],
// state [3]; a form that changes the state in place leaves it out.
// attributes { clip, growthInterval }
defineKernel({
  name: "WsvadLossScale",
  composed: ({ state, squares }, attributes) => {
    const { clip, growthInterval } = attributes as ScalingAttributes;
    const [scale, steps, skipped] = tf.split(state, 3); // [1]
    const total = tf.sum(squares);
    const sound = tf.isFinite(total);
    const norm = tf.div(tf.sqrt(total), scale);
    const clipped = clip > 0
      ? tf.minimum(1, tf.div(clip, tf.add(norm, CLIP_EPSILON)))
      : tf.onesLike(scale);
    const hidden = tf.logicalAnd(tf.logicalNot(sound), tf.greater(scale, SMALLEST));
    const unscaled = tf.div(tf.div(squares, scale), scale);
    const grows = tf.greaterEqual(tf.add(steps, 1), growthInterval);
    const after = tf.concat([
      tf.where(grows, tf.minimum(tf.mul(scale, 2), LARGEST), scale),
      tf.where(grows, tf.zerosLike(steps), tf.add(steps, 1)),
      skipped,
    ]);
    const afterOverflow = tf.concat([
      tf.maximum(tf.div(scale, 2), SMALLEST),
      tf.zerosLike(steps),
      tf.add(skipped, 1),
    ]);
    const all = (condition: tf.Tensor, like: tf.Tensor) =>
      tf.cast(tf.mul(tf.cast(condition, "float32"), tf.onesLike(like)), "bool");
    return [
      tf.where(all(sound, scale), tf.div(clipped, scale), tf.zerosLike(scale)),
      tf.where(all(hidden, squares), tf.zerosLike(squares), unscaled),
      tf.where(all(sound, state), after, afterOverflow),
    ];
  },
});

/**
 * Ends a step whose loss was multiplied by `state[0]`: decides whether its update is made, and
 * moves the state.
 *
 * @param state [3] the scale, steps since it last changed, steps skipped so far; changed in place
 * @param squares [P] sums of squares of the scaled gradients
 * @param clipNorm global norm to which the gradients are clipped, or null
 * @returns `factor` [1] for the gradients, 0 where the update is to be skipped, and `seen` [P], the
 *          sums of squares without the scale: not finite only where no smaller scale is left to try
 */
export function endScaledStep(
  state: tf.Variable,
  squares: tf.Tensor,
  clipNorm: number | null,
  growthInterval = GROWTH_INTERVAL,
): { factor: tf.Tensor; seen: tf.Tensor } {
  const [factor, seen] = tf.tidy(() => {
    const attributes = { clip: clipNorm ?? 0, growthInterval };
    const [factor, seen, moved] = runKernels("WsvadLossScale", { state, squares }, attributes);
    if (moved) state.assign(moved);
    return [factor, seen];
  });
  return { factor, seen };
}
