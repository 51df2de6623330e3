/** Ops as plain loops in double precision: what tests and doctor's self-test compare kernels with. */

type Numbers = ArrayLike<number>;

/** x [M, C] -> [C]. */
export function columnSumReference(x: Numbers, [M, C]: [number, number]): Float64Array {
  const sums = new Float64Array(C);
  for (let i = 0; i < M * C; i++) sums[i % C] += x[i];
  return sums;
}

/** dy, y -> dz of relu or sigmoid. */
export function activationGradientReference(
  dy: Numbers,
  y: Numbers,
  activation: "relu" | "sigmoid",
): Float64Array {
  return Float64Array.from(
    dy,
    (slope, i) => activation === "relu" ? (y[i] > 0 ? slope : 0) : slope * y[i] * (1 - y[i]),
  );
}

/** dy, x [M, C], gamma [C] -> dx, dgamma, dbeta with the statistics of x itself. */
export function batchNormGradientReference(
  dy: Numbers,
  x: Numbers,
  gamma: Numbers,
  { mean, variance }: { mean: Numbers; variance: Numbers },
  [M, C]: [number, number],
  epsilon: number,
): { dx: Float64Array; dgamma: Float64Array; dbeta: Float64Array } {
  const inverse = Float64Array.from(variance, (value) => 1 / Math.sqrt(value + epsilon));
  const normalised = Float64Array.from(x, (value, i) => (value - mean[i % C]) * inverse[i % C]);
  const dbeta = columnSumReference(dy, [M, C]);
  const dgamma = columnSumReference(normalised.map((value, i) => value * dy[i]), [M, C]);
  const dx = normalised.map((value, i) => {
    const c = i % C;
    return gamma[c] * inverse[c] * (dy[i] - (dbeta[c] + value * dgamma[c]) / M);
  });
  return { dx, dgamma, dbeta };
}

/** x [B, N, I] -> [B, I]. */
export function cropMeanReference(x: Numbers, [B, N, I]: [number, number, number]): Float64Array {
  const y = new Float64Array(B * I);
  for (let i = 0; i < B * N * I; i++) y[Math.floor(i / (N * I)) * I + i % I] += x[i] / N;
  return y;
}

/** dy [B, I] -> [B, N, I]. */
export function cropMeanGradientReference(
  dy: Numbers,
  [B, N, I]: [number, number, number],
): Float64Array {
  return Float64Array.from(
    { length: B * N * I },
    (_, i) => dy[Math.floor(i / (N * I)) * I + i % I] / N,
  );
}

/** x [M, C], norm, dy [M] -> dx [M, C], 0 where the norm is 0. */
export function l2NormGradientReference(
  x: Numbers,
  norm: Numbers,
  dy: Numbers,
  C: number,
): Float64Array {
  return Float64Array.from(x, (value, i) => {
    const m = Math.floor(i / C);
    return norm[m] === 0 ? 0 : value * dy[m] / norm[m];
  });
}

/** scores [B, T] -> [B]. */
export function bagMaxReference(scores: Numbers, [B, T]: [number, number]): Float64Array {
  return Float64Array.from(
    { length: B },
    (_, b) => Math.max(...Array.from({ length: T }, (_, t) => scores[b * T + t])),
  );
}

/** PyTorch's BCELoss with its floor of the logarithms. */
export function binaryCrossEntropyReference(p: Numbers, target: Numbers): number {
  const log = (x: number) => Math.max(Math.log(x), -100);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    sum -= target[i] * log(p[i]) + (1 - target[i]) * log(1 - p[i]);
  }
  return sum / p.length;
}

/** features [B, N, T, C], index [B, k] -> [B, N, k, C]. */
export function gatherSnippetsReference(
  features: Numbers,
  index: Numbers,
  [B, N, T, C]: [number, number, number, number],
  k: number,
): Float64Array {
  const y = new Float64Array(B * N * k * C);
  for (let i = 0; i < y.length; i++) {
    const c = i % C, j = Math.floor(i / C) % k, crop = Math.floor(i / C / k);
    y[i] = features[(crop * T + index[Math.floor(crop / N) * k + j]) * C + c];
  }
  return y;
}

/** dy [B, N, k, C], index [B, k] -> [B, N, T, C]. */
export function scatterSnippetsReference(
  dy: Numbers,
  index: Numbers,
  [B, N, T, C]: [number, number, number, number],
  k: number,
): Float64Array {
  const dx = new Float64Array(B * N * T * C);
  for (let i = 0; i < B * N * k * C; i++) {
    const c = i % C, j = Math.floor(i / C) % k, crop = Math.floor(i / C / k);
    dx[(crop * T + index[Math.floor(crop / N) * k + j]) * C + c] += dy[i];
  }
  return dx;
}

/** x [R, T, C], weight [O, C, K], dz [R, T, O] -> the gradients of a convolution over time. */
export function temporalConvGradientReference(
  x: Numbers,
  weight: Numbers,
  dz: Numbers,
  [R, T, C, O, K]: [number, number, number, number, number],
  dilation: number,
): { dx: Float64Array; dweight: Float64Array } {
  const dx = new Float64Array(R * T * C), dweight = new Float64Array(O * C * K);
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < T; t++) {
      for (let k = 0; k < K; k++) {
        const from = t + (k - (K - 1) / 2) * dilation;
        if (from < 0 || from >= T) continue;
        for (let o = 0; o < O; o++) {
          const slope = dz[(r * T + t) * O + o];
          for (let c = 0; c < C; c++) {
            dx[(r * T + from) * C + c] += slope * weight[(o * C + c) * K + k];
            dweight[(o * C + c) * K + k] += slope * x[(r * T + from) * C + c];
          }
        }
      }
    }
  }
  return { dx, dweight };
}

/** State of one parameter under an optimiser, changed by each step below. */
export type OptimizerState = Record<string, Float64Array>;

/** Step t >= 1 of Adam as in torch/optim/adam.py; `decoupled` as in adamw.py. State m, v. */
export function adamReference(
  { parameter, m, v }: OptimizerState,
  gradient: Numbers,
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
  gradient: Numbers,
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
  gradient: Numbers,
  { lr, momentum, weightDecay }: { lr: number; momentum: number; weightDecay: number },
): void {
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] + weightDecay * parameter[i];
    velocity[i] = momentum * velocity[i] + g;
    parameter[i] -= lr * velocity[i];
  }
}
