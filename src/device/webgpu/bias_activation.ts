/** Bias, activation and dropout in place, one pass. */

import type * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/bias_activation.wgsl" with { type: "text" };
import { dropoutThreshold } from "../dropout_threshold.ts";
import type { WsvadWebGPUBackend } from "./backend.ts";
import { readKernel } from "./pipelines.ts";

const biasActivation = readKernel("bias_activation.wgsl", code);
/** WORKGROUP of bias_activation.wgsl. */
const WORKGROUP = 256;

/** ACTIVATION of the kernels. */
export const activationCode = { none: 0, relu: 1, sigmoid: 2 };

/** Dropout of a product's output, as ops/random_values.ts has it. */
export interface OutputDropout {
  rate: number;
  state: tf.TensorInfo;
  stream: number;
}

/** What stands behind a product. */
export interface Ending {
  /** [C], added to each row. */
  bias?: tf.TensorInfo;
  activation?: keyof typeof activationCode;
  dropout?: OutputDropout;
}

/** Uniforms of dropout_factors.wgsl. */
export function dropoutUniforms(dropout: OutputDropout | undefined): Record<string, number> {
  if (!dropout) return { stream: 0, threshold: 0, keep: 1 };
  const { rate, stream } = dropout;
  return { stream, threshold: dropoutThreshold(rate), keep: 1 / (1 - rate) };
}

/** y [..., C] = dropout(activation(y + bias)), in place; nothing without bias and dropout. */
export function addBiasActivateAndDrop(
  backend: WsvadWebGPUBackend,
  y: tf.TensorInfo,
  { bias, activation = "none", dropout }: Ending,
): void {
  const read = bias ?? dropout?.state;
  if (!read) return;
  const size = y.shape.reduce((product, length) => product * length, 1);
  backend.dispatch({
    kernel: biasActivation,
    constants: {
      ACTIVATION: activationCode[activation],
      BIAS: Number(bias !== undefined),
      DROPOUT: Number(dropout !== undefined),
    },
    bindings: { y, bias: bias ?? read, state: dropout?.state ?? read },
    uniforms: { size, columns: y.shape.at(-1)!, ...dropoutUniforms(dropout) },
    workgroups: Math.ceil(size / WORKGROUP),
  });
}
