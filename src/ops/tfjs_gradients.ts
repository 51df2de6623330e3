/**
 * Gradients that tfjs 4.22 lacks or has wrong, on every device. Where PyTorch has a rule for ties
 * or kinks it is PyTorch's, since that is what the official checkpoints were trained with.
 *
 * Still without a gradient: einsum, stridedSlice, and convolutions with dilation (src/ops has one).
 */

import "tfjs-whole"; // its core has no gradients
import * as tf from "@tensorflow/tfjs";
import { installSavedShapes } from "../autodiff/saved_shapes.ts";
import { oneHot } from "./kernel/one_hot.ts";

type Gradient = Omit<tf.GradConfig, "kernelName">;

let installed = false;

/** Registers them, once; to be called before the first gradient is taken. */
export function installGradients(): void {
  if (installed) return;
  installed = true;
  installSavedShapes();
  for (const [names, gradient] of gradients) {
    for (const kernelName of names) tf.registerGradient({ kernelName, ...gradient });
  }
}

/** Zero for every input: constant almost everywhere, yet tfjs throws where one lies on the path. */
function constant(...inputs: string[]): Gradient {
  return {
    inputsToSave: inputs,
    gradFunc: (_dy, saved) =>
      Object.fromEntries(
        inputs.map((name, i) => [name, () => tf.zeros(saved[i].shape, "float32")]),
      ),
  };
}

/** tfjs gives the whole gradient to every tied maximum; PyTorch's max(dim) to the first one. */
function firstOf(argExtremum: (x: tf.Tensor, axis: number) => tf.Tensor): Gradient {
  return {
    inputsToSave: ["x"],
    gradFunc: (gradient, [x], attributes) => {
      // Max calls its axes reductionIndices, Min axis.
      const { reductionIndices, axis } = attributes as unknown as Record<string, number | number[]>;
      const axes = tf.util.parseAxisParam(reductionIndices ?? axis, x.shape);
      const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
      const order = [...kept, ...axes]; // the reduced axes last
      const moved = tf.transpose(x, order);
      const width = axes.reduce((product, axis) => product * x.shape[axis], 1);
      return {
        x: () => {
          const rows = tf.reshape(moved, [-1, width]);
          const chosen = oneHot(argExtremum(rows, 1), width);
          const spread = tf.mul(chosen, tf.reshape(gradient as tf.Tensor, [-1, 1]));
          const back = order.map((_, axis) => order.indexOf(axis));
          return tf.transpose(tf.reshape(spread, moved.shape), back);
        },
      };
    },
  };
}

/** tfjs gives a tie's gradient to both operands in full; PyTorch half to each. */
function largerOf(isLarger: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Gradient {
  return {
    inputsToSave: ["a", "b"],
    gradFunc: (gradient, [a, b]) => {
      const dy = gradient as tf.Tensor;
      const share = (self: tf.Tensor, other: tf.Tensor) => () => {
        const won = tf.cast(isLarger(self, other), "float32");
        const tied = tf.cast(tf.equal(self, other), "float32");
        return sumTo(tf.mul(dy, tf.add(won, tf.mul(tied, 0.5))), self.shape);
      };
      return { a: share(a, b), b: share(b, a) };
    },
  };
}

/** Sums the axes along which a tensor of `shape` was broadcast. */
function sumTo(x: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, x.shape);
  return axes.length ? tf.reshape(tf.sum(x, axes), shape) : x;
}

const gradients: [names: string[], gradient: Gradient][] = [
  [["Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"], constant("a", "b")],
  [["LogicalAnd", "LogicalOr"], constant("a", "b")],
  [["LogicalNot", "IsNan", "IsFinite", "IsInf", "ArgMax", "ArgMin"], constant("x")],
  [["Max"], firstOf((x, axis) => tf.argMax(x, axis))],
  [["Min"], firstOf((x, axis) => tf.argMin(x, axis))],
  [["Maximum"], largerOf((a, b) => tf.greater(a, b))],
  [["Minimum"], largerOf((a, b) => tf.less(a, b))],
  // tfjs gives -1 at 0
  [["Abs"], {
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, tf.sign(x)) }),
  }],
  // tfjs throws where an operand was broadcast
  [["SquaredDifference"], {
    inputsToSave: ["a", "b"],
    gradFunc: (dy, [a, b]) => {
      const slope = () => tf.mul(dy as tf.Tensor, tf.mul(tf.sub(a, b), 2));
      return { a: () => sumTo(slope(), a.shape), b: () => sumTo(tf.neg(slope()), b.shape) };
    },
  }],
  // tfjs throws where the batch axes of an operand were broadcast
  [["BatchMatMul"], {
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
  }],
  // values [..., k] of x [..., n]: each takes its gradient back to where it stood
  [["TopK"], {
    inputsToSave: ["x"],
    outputsToSave: [false, true],
    gradFunc: (dys, [x, indices]) => ({
      x: () => {
        const dy = (dys as unknown as tf.Tensor[])[0];
        const n = x.shape.at(-1)!, k = indices.shape.at(-1)!;
        const chosen = oneHot(tf.reshape(indices, [-1, k]), n);
        return tf.reshape(tf.matMul(tf.reshape(dy, [-1, 1, k]), chosen), x.shape);
      },
    }),
  }],
];
