/** Runs cases of kernels on the current device. */

import * as tf from "@tensorflow/tfjs";
import { runKernels } from "./kernel.ts";
import type { CaseInput, CaseInputs, CaseTensors, KernelCase } from "./kernel_case.ts";

/** What a case came to. */
export interface CaseResult {
  name: string;
  /** Largest error relative to the largest expected value; NaN where a value is not a number. */
  error: number;
  tolerance: number;
  passed: boolean;
}

/** The kernels that a case covers. */
export function kernelsOf({ name, kernels }: Pick<KernelCase, "name" | "kernels">): string[] {
  return kernels ?? [name.split(" ")[0]];
}

type DrawnValues = Record<string, Float32Array | Int32Array>;

/** The inputs' values. */
export function valuesOf(inputs: CaseInputs): DrawnValues {
  return Object.fromEntries(present(inputs).map(([name, { values }]) => [name, values()]));
}

function present(inputs: CaseInputs): [name: string, input: CaseInput][] {
  return Object.entries(inputs).flatMap(([name, input]) => input ? [[name, input]] : []);
}

/** The inputs on the device; the caller disposes them. */
export function tensorsOf(inputs: CaseInputs, values: DrawnValues): CaseTensors {
  return Object.fromEntries(
    present(inputs).map(([name, { shape }]) => {
      const type = values[name] instanceof Int32Array ? "int32" : "float32";
      return [name, tf.tensor(values[name], shape, type)];
    }),
  );
}

/** The outputs of a case; the caller disposes them, or stands in a tidy. */
export function runCase(
  { name, kernels, attributes = {}, run }: KernelCase,
  tensors: CaseTensors,
): tf.Tensor[] {
  const [kernel] = kernelsOf({ name, kernels });
  return [run ? run(tensors) : runKernels(kernel, tensors, attributes)].flat();
}

/** Runs the cases on the current device and reads all their results together. */
export async function runCases(cases: KernelCase[]): Promise<CaseResult[]> {
  const values = cases.map(({ inputs }) => valuesOf(inputs));
  const outputs = cases.map((each, i) =>
    tf.tidy(() => runCase(each, tensorsOf(each.inputs, values[i])))
  );
  const read = await Promise.all(
    outputs.map((tensors) => Promise.all(tensors.map((tensor) => tensor.data()))),
  );
  tf.dispose(outputs);
  return cases.map(({ name, expected, tolerance }, i) => {
    const errors = expected(values[i]).map((plain, j) => relativeError(read[i][j], plain));
    const error = errors.reduce((worst, each) => Math.max(worst, each), 0); // NaN stays NaN
    return { name, error, tolerance, passed: error <= tolerance };
  });
}

function relativeError(found: ArrayLike<number> | undefined, expected: ArrayLike<number>): number {
  if (found?.length !== expected.length) return Infinity;
  let error = 0, largest = 0;
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(found[i] - expected[i])); // NaN stays NaN
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return error === 0 ? 0 : error / Math.max(largest, Number.MIN_VALUE);
}
