/** The fully connected layer on the GPU: a product, then bias and activation in place. */

import * as tf from "@tensorflow/tfjs";
import { activate, type Activation } from "../activation.ts";
import { addBiasAndActivate } from "./activation.ts";
import { registerGpuForm } from "./gpu_form.ts";

/** From this many rows on, a product with the transposed weight pays for transposing it. */
const ROWS_WORTH_TRANSPOSING = 64;

registerGpuForm("WsvadLinear", (backend, inputs, { activation }) =>
  tf.tidy(() => {
    const { x, weight, bias } = inputs as unknown as Record<string, tf.Tensor2D>;
    // tfjs's product is two to three times slower when its second operand is transposed.
    const y = x.shape[0] < ROWS_WORTH_TRANSPOSING
      ? tf.matMul(x, weight, false, true)
      : tf.matMul(x, tf.transpose(weight)); // [M, O]
    if (!bias) return activate(y, activation as Activation);
    addBiasAndActivate(backend, y, bias, activation as Activation);
    return y;
  }));
