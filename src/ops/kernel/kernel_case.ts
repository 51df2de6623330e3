/**
 * One description of a kernel at some sizes. Tests and doctor compare its values with plain loops,
 * tests its gradient with differences, and bench times it: all on the same inputs.
 */

import type * as tf from "@tensorflow/tfjs";
import { Random, streamOf } from "../../random.ts";

/**
 * Sizes: videos, crops, snippets, channels, outputs, chosen snippets, and the elements of a
 * parameter.
 */
export interface CaseSizes {
  B: number;
  N: number;
  T: number;
  C: number;
  O: number;
  k: number;
  P: number;
}

/** A tensor whose values are made when they are asked for. */
export interface CaseInput {
  shape: number[];
  /** An Int32Array makes an int32 tensor. */
  values(): Float32Array | Int32Array;
}

export type CaseInputs = Record<string, CaseInput | undefined>;
/** Float32 as the device has them, or double precision where a test moves them a little. */
export type CaseValues = Record<string, ArrayLike<number>>;
export type CaseTensors = Record<string, tf.Tensor>;

/** What bench needs beyond the kernel's inputs. */
export interface Timing {
  /** Multiplications and additions; 0 where memory decides. */
  flops: number;
  /** The same in tfjs's own operations, where the kernel's composed form would not do. */
  stock?(inputs: CaseTensors): tf.Tensor;
  /** What is timed, where it is not the case's `run`. */
  run?(inputs: CaseTensors): tf.Tensor | tf.Tensor[] | void;
  /** Inputs that `run` changes in place: they are variables. */
  variables?: string[];
}

export interface KernelCase {
  /** The kernel, and after a blank what the case varies: "WsvadLinear relu". */
  name: string;
  /** The kernels that `run` calls, where they are several. Absent: that of the name. */
  kernels?: string[];
  /** By the kernel's own names; what is undefined is left out. */
  inputs: CaseInputs;
  attributes?: Record<string, unknown>;
  /** Absent: the kernel of the name with its attributes. Inside a tidy. */
  run?(inputs: CaseTensors): tf.Tensor | tf.Tensor[];
  /** The outputs in double precision. */
  expected(values: CaseValues): ArrayLike<number>[];
  /** Largest error allowed, relative to the largest expected value; 0 asks for equality. */
  tolerance: number;
  /**
   * Inputs by which tests differentiate the first output; absent where another case of the kernel
   * does.
   */
  slopes?: string[];
  /** Present where bench times the case. */
  timing?: Timing;
}

/** The cases of one operation. */
export interface OperationCases {
  at(sizes: CaseSizes): KernelCase[];
  /** The sizes that bench takes in place of its usual ones. */
  timedAt?(sizes: CaseSizes): CaseSizes;
}

/** Sums of up to some ten thousand float32 terms, and the exp, sqrt and division of GPUs. */
export const FLOAT_TOLERANCE = 1e-5;

/** Where memory decides how long a kernel takes. */
export const MEMORY_BOUND: Timing = { flops: 0 };

/** Numbers in [-1, 1), the same for the same name. */
export function numbers(name: string, count: number): Float32Array {
  const random = new Random(7, streamOf(`self test/${name}`));
  return Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
}

/** Values drawn by {@link drawn}; longer inputs repeat them. */
const DRAWN = 1 << 16;

/**
 * An input of numbers in [-1, 1).
 *
 * @param name the same name gives the same numbers
 * @param change what becomes of each number
 */
export function drawn(
  name: string,
  shape: number[],
  change?: (value: number, index: number) => number,
): CaseInput {
  return {
    shape,
    values() {
      const count = shape.reduce((product, size) => product * size, 1);
      const first = numbers(name, Math.min(count, DRAWN)), values = new Float32Array(count);
      for (let at = 0; at < count; at += DRAWN) values.set(first.subarray(0, count - at), at);
      return change ? values.map(change) : values;
    },
  };
}

/** An int32 input. */
export function integers(shape: number[], values: ArrayLike<number>): CaseInput {
  return { shape, values: () => Int32Array.from(values) };
}

/** An input whose values come from elsewhere, such as another kernel's output. */
export function given(shape: number[], values: () => ArrayLike<number>): CaseInput {
  return { shape, values: () => Float32Array.from(values()) };
}
