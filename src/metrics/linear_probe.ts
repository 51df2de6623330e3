/**
 * A linear probe: logistic regression on standardised rows, as far as a plane tells two kinds of
 * rows apart. Newton's method with conjugate gradients, so that no matrix of D x D is made: sums
 * have a fixed order, and the result is the same everywhere.
 */

/** Rows of D numbers; `labels` are 0 and 1, `groups` rows that stay on one side of a split. */
export interface ProbeRows {
  /** [R, D]. */
  values: Float32Array;
  dim: number;
  labels: Uint8Array;
  groups: Int32Array;
}

/** A plane: score = weights . row + bias. */
export interface Plane {
  weights: Float64Array;
  bias: number;
}

/** Weight of the squares of the plane's weights against the sum of losses. */
const RIDGE = 1;
const NEWTON_STEPS = 12, INNER_STEPS = 16;
/** Share of the first gradient at which the plane stands still. */
const STILL = 1e-3;

/** Mean and deviation of each channel, over all rows: [D] each. */
function channelStatistics({ values, dim }: Pick<ProbeRows, "values" | "dim">) {
  const mean = new Float64Array(dim), deviation = new Float64Array(dim);
  const rows = values.length / dim;
  for (let at = 0; at < values.length; at += dim) {
    for (let d = 0; d < dim; d++) mean[d] += values[at + d];
  }
  for (let d = 0; d < dim; d++) mean[d] /= rows;
  for (let at = 0; at < values.length; at += dim) {
    for (let d = 0; d < dim; d++) deviation[d] += (values[at + d] - mean[d]) ** 2;
  }
  for (let d = 0; d < dim; d++) deviation[d] = Math.sqrt(deviation[d] / rows) + 1e-6;
  return { mean, deviation };
}

/**
 * The plane between the two kinds of rows whose group is not left out, for rows as they are: it is
 * found on standardised ones, which are not kept.
 *
 * @param left a group that is `left` modulo `folds` is left out; null: none
 */
export function fitPlane(rows: ProbeRows, folds: number, left: number | null): Plane {
  const { values, dim, labels, groups } = rows;
  const { mean, deviation } = channelStatistics(rows);
  const used = Int32Array.from(labels.keys()).filter((r) => {
    return left === null || groups[r] % folds !== left;
  });
  const scores = new Float64Array(used.length);
  const plane: Plane = { weights: new Float64Array(dim), bias: 0 };
  /** Scores of a plane on standardised rows. */
  const forward = ({ weights, bias }: Plane, out: Float64Array) => {
    const scaled = new Float64Array(dim);
    let shift = bias;
    for (let d = 0; d < dim; d++) {
      scaled[d] = weights[d] / deviation[d];
      shift -= scaled[d] * mean[d];
    }
    for (let i = 0; i < used.length; i++) out[i] = shift + dot(values, used[i] * dim, scaled);
  };
  /** Sums of standardised rows with these factors, into `weights`, and of the factors. */
  const backward = (factors: Float64Array): Plane => {
    const weights = new Float64Array(dim);
    let bias = 0;
    for (let i = 0; i < used.length; i++) {
      const factor = factors[i], at = used[i] * dim;
      bias += factor;
      for (let d = 0; d < dim; d++) weights[d] += factor * values[at + d];
    }
    for (let d = 0; d < dim; d++) weights[d] = (weights[d] - bias * mean[d]) / deviation[d];
    return { weights, bias };
  };
  const lossOf = (candidate: Plane): number => {
    forward(candidate, scores);
    let loss = 0;
    for (let i = 0; i < used.length; i++) {
      const margin = labels[used[i]] === 1 ? scores[i] : -scores[i];
      loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
    }
    return loss + RIDGE / 2 * product(candidate, candidate, false);
  };
  let loss = lossOf(plane), first = 0;
  const errors = new Float64Array(used.length), curvature = new Float64Array(used.length);
  const seen = new Float64Array(used.length);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    forward(plane, scores);
    for (let i = 0; i < used.length; i++) {
      const share = 1 / (1 + Math.exp(-scores[i]));
      errors[i] = share - labels[used[i]];
      curvature[i] = Math.max(share * (1 - share), 1e-8);
    }
    const gradient = added(backward(errors), RIDGE, plane);
    const size = Math.sqrt(product(gradient, gradient, true));
    if (step === 0) first = size;
    if (size <= STILL * first) break;
    const move = solve(gradient, (direction) => {
      forward(direction, seen);
      for (let i = 0; i < used.length; i++) seen[i] *= curvature[i];
      return added(backward(seen), RIDGE, direction);
    });
    const before = loss;
    for (let length = 1; length > 1e-3; length /= 2) {
      const candidate = combined(plane, -length, move);
      loss = lossOf(candidate);
      if (loss < before) {
        plane.weights.set(candidate.weights);
        plane.bias = candidate.bias;
        break;
      }
    }
    if (!(loss < before)) break;
  }
  return asOfRows(plane, mean, deviation);
}

/** The score of one row. */
export function planeScore({ weights, bias }: Plane, values: Float32Array, at: number): number {
  return bias + dot(values, at, weights);
}

function asOfRows(plane: Plane, mean: Float64Array, deviation: Float64Array): Plane {
  const weights = plane.weights.map((weight, d) => weight / deviation[d]);
  return { weights, bias: weights.reduce((bias, w, d) => bias - w * mean[d], plane.bias) };
}

/** Conjugate gradients: the move whose curvature gives the gradient, as far as a few steps get. */
function solve(gradient: Plane, curved: (direction: Plane) => Plane): Plane {
  const dim = gradient.weights.length;
  let move: Plane = { weights: new Float64Array(dim), bias: 0 };
  let rest = gradient, direction = gradient;
  let size = product(rest, rest, true);
  const enough = 0.01 * size;
  for (let step = 0; step < INNER_STEPS && size > enough; step++) {
    const bent = curved(direction);
    const length = size / product(direction, bent, true);
    move = combined(move, length, direction);
    rest = combined(rest, -length, bent);
    const next = product(rest, rest, true);
    direction = combined(rest, next / size, direction);
    size = next;
  }
  return move;
}

function product(a: Plane, b: Plane, withBias: boolean): number {
  let sum = withBias ? a.bias * b.bias : 0;
  for (let d = 0; d < a.weights.length; d++) sum += a.weights[d] * b.weights[d];
  return sum;
}

/** a + factor b. */
function combined(a: Plane, factor: number, b: Plane): Plane {
  return {
    weights: a.weights.map((weight, d) => weight + factor * b.weights[d]),
    bias: a.bias + factor * b.bias,
  };
}

/** a + factor b, whose bias costs nothing. */
function added(a: Plane, factor: number, b: Plane): Plane {
  return { ...combined(a, factor, b), bias: a.bias };
}

/** Four sums, so that additions need not wait for each other. */
function dot(values: Float32Array, at: number, weights: Float64Array): number {
  const dim = weights.length;
  let a = 0, b = 0, c = 0, e = 0, d = 0;
  for (; d + 3 < dim; d += 4) {
    a += values[at + d] * weights[d];
    b += values[at + d + 1] * weights[d + 1];
    c += values[at + d + 2] * weights[d + 2];
    e += values[at + d + 3] * weights[d + 3];
  }
  for (; d < dim; d++) a += values[at + d] * weights[d];
  return a + b + c + e;
}
