/** What every kernel is held to on the current device, by the cases of the operations. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { CaseSizes, CaseTensors, KernelCase } from "../../src/ops/kernel/kernel_case.ts";
import { kernelNames, kernelsWithForm } from "../../src/ops/kernel/kernel.ts";
import {
  kernelsOf,
  runCase,
  runCases,
  tensorsOf,
  valuesOf,
} from "../../src/ops/kernel/run_case.ts";
import { kernelCases } from "../../src/ops/operations.ts";

/** Sizes with a parameter of a row of snippets. */
export function sizesOf(sizes: Omit<CaseSizes, "P">): CaseSizes {
  return { ...sizes, P: sizes.T * sizes.C };
}

/** Values agree with plain loops, and nothing is left over. */
export async function checkValues(sizes: CaseSizes): Promise<void> {
  const cases = await kernelCases(sizes);
  const before = tf.memory().numTensors;
  for (const { name, error, tolerance, passed } of await runCases(cases)) {
    assert(passed, `${name}: error ${error}, allowed ${tolerance}`);
  }
  assertEquals(tf.memory().numTensors, before, "no tensor is left over");
}

/** Two runs give the same bits. */
export async function checkBits(sizes: CaseSizes): Promise<void> {
  const cases = await kernelCases(sizes);
  const bits = async () => {
    const outputs = cases.flatMap((each) =>
      tf.tidy(() => runCase(each, tensorsOf(each.inputs, valuesOf(each.inputs))))
    );
    const read = await Promise.all(outputs.map((tensor) => tensor.data()));
    tf.dispose(outputs);
    return read.map((values) => new Uint32Array(values.slice().buffer));
  };
  assertEquals(await bits(), await bits());
}

/** Every form of the device has a case, and every gradient one that differentiates it. */
export async function checkCoverage(device: "wasm" | "webgpu"): Promise<void> {
  const cases = await kernelCases(SMALL);
  const covered = new Set(cases.flatMap(kernelsOf));
  const forms = kernelsWithForm(device);
  assert(forms.includes("WsvadLinear"), "the forms are registered");
  assertEquals(forms.filter((kernel) => !covered.has(kernel)), []);
  const sloped = new Set(cases.filter(({ slopes }) => slopes).flatMap(kernelsOf));
  const gradients = kernelNames().filter((kernel) => tf.getGradient(kernel));
  assertEquals(
    gradients.filter((kernel) => !sloped.has(kernel) && !UNLIKE_ITS_SLOPE.has(kernel)),
    [],
  );
}

/** Kernels whose gradient is, by the paper, another quantity than the slope of their values. */
const UNLIKE_ITS_SLOPE = new Set(["WsvadPerturbedTopK"]);

/** Sizes at which gradients are compared: every element costs two runs of the plain loops. */
const SMALL: CaseSizes = { B: 2, N: 2, T: 6, C: 6, O: 4, k: 2, P: 12 };

/** Step of the central differences, in double precision. */
const STEP = 1e-5;
/** Of the largest gradient: sums of float32, and the error function's formula. */
const SLOPE_TOLERANCE = 2e-5;
/** Elements of an input that are looked at. */
const LOOKED_AT = 5;

/** The gradient of each kernel, by each of its inputs, is the slope of the plain loops. */
export async function checkGradients(): Promise<void> {
  for (const each of await kernelCases(SMALL)) {
    for (const input of each.slopes ?? []) await checkGradient(each, input);
  }
}

async function checkGradient(each: KernelCase, input: string): Promise<void> {
  const values = valuesOf(each.inputs), before = tf.memory().numTensors;
  const [{ length: outputs }] = each.expected(values);
  const weights = Float32Array.from({ length: outputs }, (_, i) => 1 + i * 7 % 5);
  const gradient = tf.tidy(() => {
    const { [input]: at, ...rest } = tensorsOf(each.inputs, values);
    const loss = (x: tf.Tensor) => {
      const [y] = runCase(each, { ...rest, [input]: x } as CaseTensors);
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    };
    return tf.grad(loss)(at);
  });
  const found = await gradient.data();
  gradient.dispose();
  assertEquals(tf.memory().numTensors, before, `${each.name}: no tensor is left over`);
  const moved = Float64Array.from(values[input]);
  const lossAt = () => {
    const [y] = each.expected({ ...values, [input]: moved });
    return weights.reduce((sum, weight, i) => sum + weight * y[i], 0);
  };
  const largest = Array.from(found).reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
  assert(largest > 0, `${each.name} by ${input}: no slope anywhere`);
  const stride = Math.max(1, Math.floor(moved.length / LOOKED_AT));
  for (let i = 0; i < moved.length; i += stride) {
    const kept = moved[i];
    moved[i] = kept + STEP;
    const above = lossAt();
    moved[i] = kept - STEP;
    const slope = (above - lossAt()) / (2 * STEP);
    moved[i] = kept;
    const error = Math.abs(found[i] - slope) / largest;
    assert(
      error <= SLOPE_TOLERANCE,
      `${each.name} by ${input}[${i}]: ${found[i]} where the loops say ${slope}`,
    );
  }
}
