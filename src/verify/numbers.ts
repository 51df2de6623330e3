/** Tensors and plain values in the form in which they are compared. */

import type * as tf from "@tensorflow/tfjs";
import type { Numbers } from "./compare.ts";

export async function numbersOf(tensor: tf.Tensor): Promise<Numbers> {
  return { shape: tensor.shape, data: await tensor.data(), integer: tensor.dtype !== "float32" };
}

export function scalar(value: number): Numbers {
  return list([value]);
}

export function list(data: ArrayLike<number>): Numbers {
  return { shape: [data.length], data, integer: false };
}
