// deno-fmt-ignore-file
// Written by `deno task build:simd` from kernels/cpu: what is said of a pass there stands here.

/**
 * What kernels/cpu/passes.ts exports. Addresses are bytes on the heap; rows, columns and counts are
 * elements. An address of 0 stands for "none" where that is allowed.
 */
export interface Passes {
  /** y [count] = activation(y) in place. */
  activateInPlace(y: number, count: number, activation: number): void;
  /**
   * dz [count] from dy and y: relu dy scale where y > 0, sigmoid dy y (1 - y / scale). dz may be dy.
   *
   * scale: 1, or what dropout behind the activation multiplied y by where it kept it
   */
  activationGradient(
    dy: number, y: number, dz: number, count: number, activation: number, scale: number,
  ): void;
  /** y [rows, columns] = activation(y + bias) in place; bias [columns]. */
  biasActivation(y: number, bias: number, rows: number, columns: number, activation: number): void;
  /** y = (x - centre) scale + shift: centred first, so that a large mean cancels nothing. */
  normalise(
    x: number, centre: number, scale: number, shift: number, rows: number, columns: number,
    y: number,
  ): void;
  /** dx = dy scale + (x - centre) slope + shift: the gradient of batch normalisation. */
  normaliseGradient(
    dy: number, x: number, centre: number, scale: number, slope: number, shift: number,
    rows: number, columns: number, dx: number,
  ): void;
  /** y = x scale + shift; x, y [rows, columns], scale, shift [columns]. */
  scaleShift(
    x: number, scale: number, shift: number, rows: number, columns: number, y: number,
  ): void;
  /**
   * table: logits without bias, to the weights exp(logits - lse); slopes [rows, columns]: those of
   * the weights, to those of the logits, weights (slopes - dy . y). dy, y: V channels of the first
   * query, step bytes to the next.
   */
  attentionSlopes(
    table: number, slopes: number, rows: number, columns: number, first: number, T: number,
    start: number, length: number, causal: number, window: number, bias: number, biasStep: number,
    lse: number, dy: number, y: number, step: number, V: number,
  ): void;
  /**
   * table = softmax of each row over the keys that it sees, 0 beside them, NaN throughout where it
   * sees none. sums [rows, 2]: the largest logit, and the sum of exp of the logits over it.
   */
  attentionWeights(
    table: number, rows: number, columns: number, first: number, T: number, start: number,
    length: number, causal: number, window: number, bias: number, biasStep: number, sums: number,
  ): void;
  /**
   * y_i = out_i sum over j of ratio^|i - j| in_j x_j along the T rows of `columns` of each strip:
   * xStrip and yStrip bytes from strip to strip, xStep and yStep from row to row; in and out [T] are
   * factors, 0 for none. Two walks: forward sums into y, backward ones in carry [strips, columns].
   */
  distanceDecay(
    x: number, xStrip: number, xStep: number, y: number, yStrip: number, yStep: number,
    strips: number, T: number, columns: number, ratio: number, before: number, after: number,
    carry: number,
  ): void;
  clearBlocks(x: number, step: number, blocks: number, bytes: number): void;
  gatherBlocks(x: number, step: number, blocks: number, bytes: number, dense: number): void;
  /** The reverse of gatherBlocks. */
  scatterBlocks(dense: number, x: number, step: number, blocks: number, bytes: number): void;
  channelNorm(
    x: number, gamma: number, beta: number, rows: number, columns: number, epsilon: number,
    y: number,
  ): void;
  /** dx [rows, columns], dgamma, dbeta [columns]; guard: the deviation has no slope where it is 0. */
  channelNormGradient(
    dy: number, x: number, gamma: number, rows: number, columns: number, epsilon: number,
    guard: number, dx: number, dgamma: number, dbeta: number, scratch: number,
  ): void;
  /**
   * The same for some of the rows: sums of dgamma and dbeta stay at scratch, doubles [2, columns].
   */
  channelNormGradientPart(
    dy: number, x: number, gamma: number, rows: number, columns: number, epsilon: number,
    guard: number, dx: number, scratch: number,
  ): void;
  /** y [count] += x [count]. */
  accumulate(x: number, y: number, count: number): void;
  binary(
    op: number, spread: number, a: number, b: number, rows: number, columns: number, y: number,
  ): void;
  /** y [count] from x [count]. */
  gelu(x: number, y: number, count: number): void;
  /** dx [count] from dy and x [count]. */
  geluGradient(dy: number, x: number, dx: number, count: number): void;
  gemm(
    transA: number, transB: number, m: number, n: number, k: number, alpha: number, a: number,
    lda: number, b: number, ldb: number, beta: number, c: number, ldc: number, panels: number,
    depth: number,
  ): void;
  /** Bytes of scratch memory that gemm needs. */
  gemmPanelBytes(): number;
  layerNorm(
    x: number, gamma: number, beta: number, rows: number, columns: number, epsilon: number,
    y: number,
  ): void;
  /** dx [rows, columns], dgamma, dbeta [columns] from dy, x and gamma. */
  layerNormGradient(
    dy: number, x: number, gamma: number, rows: number, columns: number, epsilon: number,
    dx: number, dgamma: number, dbeta: number, scratch: number,
  ): void;
  /**
   * The same for some of the rows: sums of dgamma and dbeta stay at scratch, doubles [2, columns].
   */
  layerNormGradientPart(
    dy: number, x: number, gamma: number, rows: number, columns: number, epsilon: number,
    dx: number, scratch: number,
  ): void;
  /** Bytes of scratch memory for the sums over rows. */
  layerNormScratchBytes(columns: number): number;
  adagrad(
    parameter: number, gradient: number, accumulator: number, count: number, hyper: number,
    scale: number,
  ): void;
  /** Adam; decoupled: AdamW, whose weightDecay in hyper is the factor 1 - lr x weight decay. */
  adam(
    parameter: number, gradient: number, m: number, v: number, count: number, hyper: number,
    scale: number, decoupled: number,
  ): void;
  /** SGD with momentum, PyTorch's rule. */
  sgd(
    parameter: number, gradient: number, velocity: number, count: number, hyper: number,
    scale: number,
  ): void;
  /**
   * The first walk of StableAdamW: m, v and the largest v so far in place, and ratio = gradient over
   * divisor, from whose mean square the caller finds the rate of the second walk.
   */
  stableMoments(
    gradient: number, m: number, v: number, largest: number, ratio: number, count: number,
    hyper: number, scale: number,
  ): void;
  /** The second walk of StableAdamW: the parameter in place, by a rate that is one for all of it. */
  stableUpdate(
    parameter: number, m: number, largest: number, count: number, hyper: number, rate: number,
  ): void;
  /** y [count] from x [count]. */
  quickGelu(x: number, y: number, count: number): void;
  /** dx [count] from dy and x [count]. */
  quickGeluGradient(dy: number, x: number, dx: number, count: number): void;
  /**
   * From the gradient `dy` of a graph (rows `stride` apart): what stands before each pair in dx,
   * share [n, n] symmetric, and shrink [n], what each snippet's norm takes back, as a factor of the
   * snippet.
   */
  similarityGradient(
    dots: number, norms: number, n: number, stride: number, threshold: number, graph: number,
    dy: number, share: number, shrink: number,
  ): void;
  /** graph row i = softmax over j < n of the cosines above the threshold, the others 0. */
  similarityRows(
    dots: number, norms: number, n: number, stride: number, threshold: number, graph: number,
  ): void;
  /** dx [n, columns] -= factors_i x_i, row by row. */
  subtractScaledRows(x: number, factors: number, n: number, columns: number, dx: number): void;
  /**
   * y [rows, columns] = dropout(activation(y + bias)) in place, one walk over memory: a set of rows
   * is in the cache when its second pass begins. bias [columns], or 0 for none. Row 0 is number
   * `first`, of 32.
   */
  biasActivationDropout(
    y: number, bias: number, first: number, rows: number, columns: number, activation: number,
    threshold: number, scale: number, key0: number, key1: number, stream: number, step: number,
    words: number,
  ): void;
  /**
   * y [count] = x scale where word >>> 8 >= threshold, else 0. y may be x. Element 0 is number
   * `first`, of 32.
   */
  dropout(
    x: number, y: number, first: number, count: number, threshold: number, scale: number,
    key0: number, key1: number, stream: number, step: number, words: number,
  ): void;
  /**
   * out [count], standard normal: of words u, a one pair, sqrt(-2 ln(1 - u)) (cos, sin)(2 pi a) (Box
   * and Muller). Element 0 is number `first`, of 32.
   */
  normal(
    out: number, first: number, count: number, key0: number, key1: number, stream: number,
    step: number, words: number,
  ): void;
  /** out [count] = (word >>> 8) 2^-24, in [0, 1). Element 0 is number `first`, of 32. */
  uniform(
    out: number, first: number, count: number, key0: number, key1: number, stream: number,
    step: number, words: number,
  ): void;
  /** sums [columns] = sum of dy; products [columns] = sum of dy (x - mean). Both over the rows. */
  columnProducts(
    dy: number, x: number, mean: number, rows: number, columns: number, sums: number,
    products: number, scratch: number,
  ): void;
  /** Bytes of scratch memory that the column sums need: a single and a double per column, twice. */
  columnScratchBytes(columns: number): number;
  /** out [columns] = sum of the rows of x [rows, columns], divided by divisor. */
  columnSum(
    x: number, rows: number, columns: number, divisor: number, out: number, scratch: number,
  ): void;
  /** out [columns] = mean over the rows of (x - mean)^2. */
  columnVariance(
    x: number, mean: number, rows: number, columns: number, out: number, scratch: number,
  ): void;
  stripProducts(
    dy: number, x: number, step: number, mean: number, rows: number, columns: number, sums: number,
    products: number, scratch: number,
  ): void;
  stripSum(
    x: number, step: number, rows: number, columns: number, divisor: number, out: number,
    scratch: number,
  ): void;
  stripVariance(
    x: number, step: number, mean: number, rows: number, columns: number, out: number,
    scratch: number,
  ): void;
  /**
   * out [columns] = sum of `count` parts, doubles [columns] that lie `step` bytes apart, first to
   * last.
   */
  sumParts(parts: number, count: number, step: number, columns: number, out: number): void;
  /** out [batch, inner] = mean over N of x [batch, N, inner]. */
  middleMean(x: number, batch: number, N: number, inner: number, out: number): void;
  /** x [batch, N, inner], each row of dy [batch, inner] divided by N. */
  middleMeanGradient(dy: number, batch: number, N: number, inner: number, dx: number): void;
  /** out [rows] = Euclidean norm of each row of x [rows, columns]. */
  rowNorms(x: number, rows: number, columns: number, out: number): void;
  /** dx [rows, columns] = x dy / norm of the row, 0 where the norm is 0. dy, norm [rows]. */
  rowNormsGradient(
    x: number, norm: number, dy: number, rows: number, columns: number, dx: number,
  ): void;
  /** out [rows] = sum of each row of x [rows, columns], divided by divisor. */
  rowSums(x: number, rows: number, columns: number, divisor: number, out: number): void;
  /** Sum of squares of x [count], as a double at out. */
  storeSumSquares(x: number, count: number, out: number): void;
  /** Sum of squares of x [count]: NaN or infinite where an element is. */
  sumSquares(x: number, count: number): number;
  /** y [rows, samples, columns] = scores [rows, columns] + sigma noise [rows, samples, columns]. */
  perturb(
    scores: number, noise: number, sigma: number, rows: number, samples: number, columns: number,
    y: number,
  ): void;
  /**
   * out [rows, columns] = factor x sum over the samples of chosen [rows, samples, columns] times the
   * dot product of that sample's noise with slope [rows, columns].
   */
  perturbedGradient(
    slope: number, noise: number, chosen: number, factor: number, rows: number, samples: number,
    columns: number, out: number,
  ): void;
  /**
   * mask [rows, columns] = 1 at the k largest of each row of values, else 0; the lower index first
   * among equals. 1 <= k <= columns; mask may be values.
   *
   * The k-th largest is found bit by bit, by counting; the search ends as soon as a bound leaves k.
   */
  topKMask(values: number, rows: number, columns: number, k: number, mask: number): void;
  /** y[t] = bias + the sum over the taps of weight[k] x[t + k - (K - 1) / 2]. */
  sharedConv(
    x: number, weight: number, bias: number, R: number, T: number, C: number, K: number, y: number,
  ): void;
  /** sums [K, C] = sum over R and T of dy[t] x[t + k - (K - 1) / 2]. */
  sharedConvGradient(
    x: number, dy: number, R: number, T: number, C: number, K: number, sums: number,
    scratch: number,
  ): void;
  /** A single and a double for each tap and channel. */
  sharedConvScratchBytes(C: number, K: number): number;
  /**
   * The logits of each row become its weights; g, the gradient of the weights, becomes that of the
   * logits times `scale`; dz gets the gradient of z.
   */
  spanGradient(
    table: number, g: number, rows: number, keys: number, first: number, z: number, dz: number,
    step: number, ramp: number, scale: number, causal: number,
  ): void;
  /** Bytes of a table with the room that the passes need behind it. */
  spanTableBytes(rows: number, keys: number): number;
  /** The logits of each row become its weights. */
  spanWeights(
    table: number, rows: number, keys: number, first: number, z: number, step: number, ramp: number,
    causal: number,
  ): void;
  /** The reverse of splitTaps. */
  joinTaps(taps: number, weight: number, count: number, K: number, step: number): void;
  /** weight [count, K] -> K matrices of `count` elements, the first at taps. */
  splitTaps(weight: number, taps: number, count: number, K: number, step: number): void;
  /**
   * x [outer, A, B, inner] -> y [outer, B, A, inner]; the rows of y lie `step` bytes apart, so that
   * A may be some of its elements.
   */
  turn(
    x: number, outer: number, A: number, B: number, inner: number, step: number, y: number,
  ): void;
  /**
   * rows [count, kt kh kw C] = what outputs first .. first + count - 1 of [N, ot, oh, ow] see of x, 0
   * where that lies outside.
   */
  gatherWindows(
    x: number, T: number, H: number, W: number, C: number, kt: number, kh: number, kw: number,
    st: number, sh: number, sw: number, pt: number, ph: number, pw: number, ot: number, oh: number,
    ow: number, first: number, count: number, rows: number,
  ): void;
  /**
   * y [count, C] = the largest of what outputs first .. first + count - 1 see of x, or with `mean`
   * the mean; places outside count as nothing.
   */
  poolWindows(
    x: number, T: number, H: number, W: number, C: number, kt: number, kh: number, kw: number,
    st: number, sh: number, sw: number, pt: number, ph: number, pw: number, ot: number, oh: number,
    ow: number, first: number, count: number, mean: number, y: number,
  ): void;
}
