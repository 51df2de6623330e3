/**
 * Every kernel of ours against its plain double-precision loop, on the current device. Tests run the
 * cases at many sizes, `wsvad doctor` at one.
 */

import * as tf from "@tensorflow/tfjs";
import { attentionCases } from "../attention/cases.ts";
import type { CaseSizes, KernelCase } from "./kernel_case.ts";
import { graphCases } from "./graph_cases.ts";
import { normCases } from "./norm_cases.ts";
import { optimizerCases } from "./optimizer_cases.ts";
import { productCases } from "./product_cases.ts";
import { rowCases } from "./row_cases.ts";
import { sequenceCases } from "./sequence_cases.ts";
import { spanCases } from "../span_attention/cases.ts";

export type { CaseSizes } from "./kernel_case.ts";

/** What a case came to. */
export interface CaseResult {
  name: string;
  /** Largest error relative to the largest expected value; NaN where a value is not a number. */
  error: number;
  tolerance: number;
  passed: boolean;
}

/** The cases at one choice of sizes. */
export function kernelCases(sizes: CaseSizes): KernelCase[] {
  return [
    ...productCases(),
    ...rowCases(sizes),
    ...normCases(sizes),
    ...sequenceCases(sizes),
    ...attentionCases(sizes),
    ...spanCases(sizes),
    ...graphCases(sizes),
    ...optimizerCases(sizes.T * sizes.C),
  ];
}

/** Runs the cases on the current device and reads all their results together. */
export async function runCases(cases: KernelCase[]): Promise<CaseResult[]> {
  const outputs = cases.map(({ run }) => tf.tidy(run));
  const read = await Promise.all(
    outputs.map((tensors) => Promise.all(tensors.map((tensor) => tensor.data()))),
  );
  tf.dispose(outputs);
  return cases.map(({ name, expected, tolerance }, i) => {
    const error = Math.max(...expected.map((values, j) => relativeError(read[i][j], values)));
    return { name, error, tolerance, passed: error <= tolerance };
  });
}

function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let error = 0, largest = 0;
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(found[i] - expected[i])); // NaN stays NaN
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return error === 0 ? 0 : error / Math.max(largest, Number.MIN_VALUE);
}
