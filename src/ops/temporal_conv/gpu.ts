/**
 * Convolution over time on the GPU: products with the windows of the input, which are never copied.
 *
 *   forward   y [R T, O] = activation(windows(x) [R T, K C] weight [K C, O] + bias)
 *   backward  dx [R T, C] = windows(dz) [R T, K O], taps reversed, weight [K O, C]
 *             dweight [K C, O] = windows(x)^T dz
 */

import * as tf from "@tensorflow/tfjs";
import { matrixProduct } from "../../device/webgpu/matrix_product.ts";
import type { Activation } from "../activation/op.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

type Sequences = Record<string, tf.Tensor3D>;

function asTensor(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}

registerGpuForm("WsvadTemporalConv", (backend, inputs, { dilation, activation }) =>
  tf.tidy(() => {
    const { x, weight } = inputs as unknown as Sequences;
    const [R, T] = x.shape;
    const [O, C, taps] = weight.shape;
    const y = matrixProduct(backend, {
      a: x,
      windows: { taps, step: dilation },
      b: tf.reshape(tf.transpose(weight, [2, 1, 0]), [taps * C, O]),
      bias: inputs.bias,
      activation: activation as Activation,
    });
    return tf.reshape(asTensor(y), [R, T, O]);
  }));

registerGpuForm("WsvadTemporalConvGradInput", (backend, inputs, { dilation }) =>
  tf.tidy(() => {
    const { dz, weight } = inputs as unknown as Sequences;
    const [R, T] = dz.shape;
    const [O, C, taps] = weight.shape;
    const dx = matrixProduct(backend, {
      a: dz,
      windows: { taps, step: -dilation },
      b: tf.reshape(tf.transpose(weight, [2, 0, 1]), [taps * O, C]),
    });
    return tf.reshape(asTensor(dx), [R, T, C]);
  }));

registerGpuForm(
  "WsvadTemporalConvGradWeight",
  (backend, inputs, { dilation, kernelSize: taps }) =>
    tf.tidy(() => {
      const { x, dz } = inputs as unknown as Sequences;
      const [C, O] = [x.shape[2], dz.shape[2]];
      const dweight = matrixProduct(backend, {
        a: x,
        windows: { taps, step: dilation },
        transposeA: true,
        b: tf.reshape(dz, [-1, O]),
      });
      return tf.transpose(tf.reshape(asTensor(dweight), [taps, C, O]), [2, 1, 0]);
    }),
);
