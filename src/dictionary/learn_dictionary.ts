/**
 * Dictionary learning in small batches, in double precision: samples are explained by a few atoms
 * each.
 *
 * Source: Mairal et al., ICML 2009, as scikit-learn 0.24 runs it (MiniBatchDictionaryLearning):
 * atoms start as the leading singular vectors times their singular values; each batch is encoded
 * with an L1 penalty of 1; the sums of codes and of samples times codes forget older batches; every
 * atom is then updated once. Random numbers are our own, so the result is of the same kind, not the
 * same bytes; scikit-learn solves the codes by LARS, we by coordinate descent, for the same
 * minimum.
 */

import { Random, streamOf } from "../random.ts";
import { leadingDirections } from "./leading_directions.ts";

export interface LearnOptions {
  atoms: number;
  /** Batches. */
  iterations: number;
  batchSize: number;
  /** Penalty of the codes' absolute sum. */
  alpha: number;
  seed: number;
  /** Told after each batch. */
  onBatch?: (done: number) => void;
}

/** Rows of a matrix. */
export type Rows = Float64Array[];

/** samples [M, V] -> atoms [S, V] of length 1. */
export function learnDictionary(samples: Rows, options: LearnOptions): Rows {
  const { atoms: S, iterations, batchSize, alpha, seed } = options;
  const V = samples[0].length;
  const random = new Random(seed, streamOf("dictionary"));
  const atoms = leadingDirections(samples, S);
  const order = random.shuffle(samples.map((_, i) => i));
  const codes = zeros(S, S); // A: forgetting sum of code code^T
  const products = zeros(S, V); // B^T: forgetting sum of code sample^T
  const size = Math.min(batchSize, samples.length);
  const batches = Math.ceil(samples.length / size);
  for (let i = 0; i < iterations; i++) {
    const first = (i % batches) * size;
    const batch = order.slice(first, first + size).map((row) => samples[row]);
    const found = encodeWithPenalty(batch, atoms, alpha);
    const theta = i < size - 1 ? (i + 1) * size : size * size + i + 1 - size;
    const kept = (theta + 1 - size) / (theta + 1);
    for (const rows of [codes, products]) {
      for (const row of rows) for (let j = 0; j < row.length; j++) row[j] *= kept;
    }
    found.forEach((code, b) => {
      for (let k = 0; k < S; k++) {
        if (code[k] === 0) continue;
        addScaled(codes[k], code, code[k]);
        addScaled(products[k], batch[b], code[k]);
      }
    });
    updateAtoms(atoms, codes, products, random);
    options.onBatch?.(i + 1);
  }
  return atoms;
}

/** Codes [M, S] that minimise |sample - code atoms|^2 / 2 + alpha |code|_1. */
export function encodeWithPenalty(samples: Rows, atoms: Rows, alpha: number): Rows {
  const S = atoms.length;
  const gram = atoms.map((a) => Float64Array.from(atoms, (b) => dot(a, b)));
  return samples.map((sample) => {
    const code = new Float64Array(S);
    // What is left of atom . sample once all other atoms have had their share is kept up to date.
    const rest = Float64Array.from(atoms, (atom) => dot(atom, sample));
    for (let sweep = 0; sweep < 1000; sweep++) {
      let largest = 0, moved = 0;
      for (let k = 0; k < S; k++) {
        const square = gram[k][k];
        if (square === 0) continue;
        const pull = rest[k] + square * code[k];
        const next = Math.sign(pull) * Math.max(0, Math.abs(pull) - alpha) / square;
        const step = next - code[k];
        if (step === 0) continue;
        code[k] = next;
        addScaled(rest, gram[k], -step);
        moved = Math.max(moved, Math.abs(step) * Math.sqrt(square));
        largest = Math.max(largest, Math.abs(next) * Math.sqrt(square));
      }
      if (moved <= 1e-7 * largest) break;
    }
    return code;
  });
}

/**
 * Orthogonal matching pursuit: codes [M, S] with at most `nonZero` entries, atoms of length 1. Each
 * step takes the atom nearest to what is left, then fits all taken atoms anew.
 */
export function matchingPursuit(samples: Rows, atoms: Rows, nonZero: number): Rows {
  return samples.map((sample) => {
    const code = new Float64Array(atoms.length);
    const taken: number[] = [];
    let left = sample.slice();
    let weights: number[] = [];
    while (taken.length < Math.min(nonZero, atoms.length)) {
      const nearness = atoms.map((atom, k) => taken.includes(k) ? 0 : Math.abs(dot(atom, left)));
      const best = nearness.reduce((top, value, k) => value > nearness[top] ? k : top, 0);
      if (!(nearness[best] > 1e-12 * Math.sqrt(dot(sample, sample)))) break;
      taken.push(best);
      const chosen = taken.map((k) => atoms[k]);
      weights = solve(
        chosen.map((a) => chosen.map((b) => dot(a, b))),
        chosen.map((a) => dot(a, sample)),
      );
      left = sample.slice();
      chosen.forEach((atom, i) => addScaled(left, atom, -weights[i]));
    }
    taken.forEach((k, i) => code[k] = weights[i]);
    return code;
  });
}

/** One pass over the atoms; an atom that no code uses is drawn anew. */
function updateAtoms(atoms: Rows, codes: Rows, products: Rows, random: Random): void {
  for (let k = 0; k < atoms.length; k++) {
    // Column k of B - D A, with atom k's own share put back.
    const next = products[k].slice();
    for (let j = 0; j < atoms.length; j++) {
      if (j !== k && codes[k][j] !== 0) addScaled(next, atoms[j], -codes[k][j]);
    }
    let length = Math.sqrt(dot(next, next));
    if (length < 1e-10) {
      for (let v = 0; v < next.length; v++) next[v] = random.normal();
      length = Math.sqrt(dot(next, next));
      codes[k].fill(0);
    }
    for (let v = 0; v < next.length; v++) next[v] /= length;
    atoms[k] = next;
  }
}

/** Gaussian elimination with pivoting, for the few unknowns of a pursuit. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let r = i + 1; r < n; r++) if (Math.abs(rows[r][i]) > Math.abs(rows[pivot][i])) pivot = r;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    if (Math.abs(rows[i][i]) < 1e-14) continue; // the atom repeats another: it gets no share
    for (let r = 0; r < n; r++) {
      if (r === i) continue;
      const factor = rows[r][i] / rows[i][i];
      for (let c = i; c <= n; c++) rows[r][c] -= factor * rows[i][c];
    }
  }
  return rows.map((row, i) => Math.abs(row[i]) < 1e-14 ? 0 : row[n] / row[i]);
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(to: Float64Array, from: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * from[i];
}

function zeros(rows: number, columns: number): Rows {
  return Array.from({ length: rows }, () => new Float64Array(columns));
}
