/** Optimiser steps in plain double precision loops, which the kernels are compared with. */

/** State of one parameter under an optimiser, changed by each step below. */
export type OptimizerState = Record<string, Float64Array>;

/** Step t >= 1 of Adam as in torch/optim/adam.py; `decoupled` as in adamw.py. State m, v. */
export function adamReference(
  { parameter, m, v }: OptimizerState,
  gradient: ArrayLike<number>,
  { lr, betas: [beta1, beta2], eps, weightDecay, decoupled, t }: {
    lr: number;
    betas: [number, number];
    eps: number;
    weightDecay: number;
    decoupled: boolean;
    t: number;
  },
): void {
  for (let i = 0; i < parameter.length; i++) {
    let g = gradient[i];
    if (decoupled) parameter[i] -= lr * weightDecay * parameter[i];
    else g += weightDecay * parameter[i];
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    const divisor = Math.sqrt(v[i]) / Math.sqrt(1 - beta2 ** t) + eps;
    parameter[i] -= lr / (1 - beta1 ** t) * m[i] / divisor;
  }
}

/** One step of Adagrad. State accumulator. */
export function adagradReference(
  { parameter, accumulator }: OptimizerState,
  gradient: ArrayLike<number>,
  { lr, eps, weightDecay }: { lr: number; eps: number; weightDecay: number },
): void {
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] + weightDecay * parameter[i];
    accumulator[i] += g * g;
    parameter[i] -= lr * g / (Math.sqrt(accumulator[i]) + eps);
  }
}

/** One step of gradient descent with momentum. State velocity. */
export function sgdReference(
  { parameter, velocity }: OptimizerState,
  gradient: ArrayLike<number>,
  { lr, momentum, weightDecay }: { lr: number; momentum: number; weightDecay: number },
): void {
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] + weightDecay * parameter[i];
    velocity[i] = momentum * velocity[i] + g;
    parameter[i] -= lr * velocity[i];
  }
}

/**
 * One step of StableAdamW with amsgrad; `lr`, `decay` and `root` as the kernels have them. State m,
 * v, largest.
 */
export function stableReference(
  { parameter, m, v, largest }: OptimizerState,
  gradient: ArrayLike<number>,
  hyper: { lr: number; beta1: number; beta2: number; eps: number; decay: number; root: number },
): void {
  const { lr, beta1, beta2, eps, decay, root } = hyper;
  let squares = 0;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i];
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    largest[i] = Math.max(largest[i], v[i]);
    squares += (g / (Math.sqrt(largest[i]) / root + eps)) ** 2;
  }
  const excess = Math.max(1, Math.sqrt(squares / parameter.length));
  for (let i = 0; i < parameter.length; i++) {
    const divisor = Math.sqrt(largest[i]) / root + eps;
    parameter[i] = decay * parameter[i] - lr / excess * m[i] / divisor;
  }
}
