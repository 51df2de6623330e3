/** One check of a kernel against its plain loop. */

import type * as tf from "@tensorflow/tfjs";
import { Random, streamOf } from "../../random.ts";

export interface KernelCase {
  /** The kernel that it checks, and after a blank what it varies. */
  name: string;
  /** Largest error allowed, relative to the largest expected value; 0 asks for equality. */
  tolerance: number;
  expected: ArrayLike<number>[];
  /** Computes the same on the current device, inside a tidy. */
  run(): tf.Tensor[];
}

/** Numbers in [-1, 1), the same for the same name. */
export function numbers(name: string, count: number): Float32Array {
  const random = new Random(7, streamOf(`self test/${name}`));
  return Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
}

/** Sizes of the cases: videos, crops, snippets, channels, outputs, and how many snippets are chosen. */
export interface CaseSizes {
  B: number;
  N: number;
  T: number;
  C: number;
  O: number;
  k: number;
}

/** Sums of up to some ten thousand float32 terms, and the exp, sqrt and division of GPUs. */
export const FLOAT_TOLERANCE = 1e-5;
