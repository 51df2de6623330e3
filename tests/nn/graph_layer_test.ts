import * as tf from "@tensorflow/tfjs";
import { graphLayer, type Neighbours } from "../../src/nn/graph_layer.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import { conv, plus, type Rows, rowsOf, sequencesOf, sumOf } from "../support/plain_layers.ts";

const T = 3;

/** Each snippet sees itself and half of the one before. */
const before: Neighbours = (x, residual) => {
  const [R, , C] = x.shape as [number, number, number];
  const shifted = tf.concat([tf.zeros([R, 1, C]), tf.slice(x, [0, 0, 0], [R, T - 1, C])], 1);
  return tf.add(tf.add(x, tf.mul(shifted, 0.5)), residual);
};

/** G (x W) for W [inputs, outputs]. */
function propagated(x: Rows, weight: ArrayLike<number>, outputs: number): Rows {
  const columns = rowsOf(weight, outputs);
  const projected = x.map((row) =>
    Array.from({ length: outputs }, (_, o) => sumOf(row.map((value, c) => value * columns[c][o])))
  );
  return projected.map((row, t) =>
    row.map((value, o) => value + 0.5 * (projected[t - 1]?.[o] ?? 0))
  );
}

function check(
  inputs: number,
  outputs: number,
  residual: (x: Rows, of: Record<string, ArrayLike<number>>) => Rows,
) {
  checkPart(
    (scope) => {
      const layer = graphLayer(scope, "gc", inputs, outputs);
      return ({ x }) => layer(x, before);
    },
    { x: randomTensor([2, T, inputs], 9) },
    (of) =>
      sequencesOf(of.x, T, inputs).flatMap((x) =>
        plus(propagated(x, of["gc.weight"], outputs), residual(x, of)).flat()
      ),
  );
}

onCpu("graphLayer() adds its input where the sizes agree", () => {
  check(4, 4, (x) => x);
});

onCpu("graphLayer() carries its input past by a convolution of five taps where they differ", () => {
  check(4, 2, (x, of) => conv(x, of["gc.residual.weight"], of["gc.residual.bias"], { taps: 5 }));
});
