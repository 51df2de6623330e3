/** Gradients that tfjs 4.22 lacks on every device. */

import * as tf from "@tensorflow/tfjs";

let installed = false;

/** Registers them, once. */
export function installGradients(): void {
  if (installed) return;
  installed = true;
  // A comparison is constant almost everywhere, but tfjs throws where one lies on the path.
  for (const kernelName of ["Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"]) {
    replaceGradient({
      kernelName,
      inputsToSave: ["a", "b"],
      gradFunc: (_dy, [a, b]) => ({ a: () => tf.zerosLike(a), b: () => tf.zerosLike(b) }),
    });
  }
  // tfjs's own returns the batch axes of the product, and throws where an operand was broadcast.
  replaceGradient({
    kernelName: "BatchMatMul",
    inputsToSave: ["a", "b"],
    gradFunc: (gradient, [a, b], attributes) => {
      const { transposeA, transposeB } = attributes as unknown as Record<string, boolean>;
      const dy = gradient as tf.Tensor;
      const da = () =>
        transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB);
      const db = () =>
        transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false);
      return { a: () => sumTo(da(), a.shape), b: () => sumTo(db(), b.shape) };
    },
  });
}

function replaceGradient(config: tf.GradConfig): void {
  // registering over a gradient logs a warning
  if (tf.getGradient(config.kernelName)) tf.unregisterGradient(config.kernelName);
  tf.registerGradient(config);
}

/** Sums the axes along which a tensor of `shape` was broadcast. */
function sumTo(x: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, x.shape);
  return axes.length ? tf.reshape(tf.sum(x, axes), shape) : x;
}
