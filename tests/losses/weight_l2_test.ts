import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { weightL2 } from "../../src/losses/weight_l2.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, termOf } from "../support/one_term.ts";

onCpu("weightL2 adds the squares of all weight matrices and leaves biases out", () => {
  const parameters: [string, tf.Tensor][] = [
    ["fc1.weight", tf.tensor2d([[1, -2], [3, 0.5]])],
    ["fc1.bias", tf.tensor1d([100, 100])],
    ["conv.weight", tf.tensor3d([0.5, -1.5], [2, 1, 1])],
  ];
  const scope = {
    parameters: (filter: (name: string, shape: number[]) => boolean) =>
      parameters.filter(([name, { shape }]) => filter(name, shape))
        .map(([, value]) => value as tf.Variable),
  };
  const [fc, bias, conv] = parameters.map(([, value]) => value);
  const square = (x: ArrayLike<number>) => Array.from(x).reduce((sum, w) => sum + w * w, 0);
  // 1 + 4 + 9 + 0.25 and 0.25 + 2.25; the term reads the parameters themselves,
  // whatever it is called with.
  checkTerm(weightL2, { fc, conv }, 16.75, (of) => square(of.fc) + square(of.conv), { scope });
  const value = termOf(weightL2, { scope });
  const [, slopes] = tf.grads((weight: tf.Tensor, bias: tf.Tensor) =>
    tf.add(value({ weight }), tf.sum(tf.mul(bias, 0)))
  )([fc, bias]);
  assertEquals([...slopes.dataSync()], [0, 0]);
});
