/**
 * CLIP's activation x sigmoid(1.702 x), which its checkpoints were trained with in place of GELU.
 */

import * as tf from "@tensorflow/tfjs";
import { inTurn } from "../kernel/in_turn.ts";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

export const SLOPE = 1.702; // openai/CLIP:clip/model.py

function gate(x: tf.Tensor): tf.Tensor {
  return inTurn(x, (x) => tf.mul(x, SLOPE), (scaled) => tf.sigmoid(scaled));
}

// x [...] -> x sigmoid(1.702 x)
defineKernel({
  name: "WsvadQuickGelu",
  composed: ({ x }) => inTurn(gate(x), (open) => tf.mul(x, open)),
  gradient: {
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({
      x: () => runKernel("WsvadQuickGeluGrad", { dy: dy as tf.Tensor, x }),
    }),
  },
});

// dy, x [...] -> dy g (1 + 1.702 x (1 - g)) with g = sigmoid(1.702 x)
defineKernel({
  name: "WsvadQuickGeluGrad",
  composed: ({ dy, x }) => {
    const open = gate(x);
    const bend = inTurn(
      open,
      (open) => tf.sub(1, open),
      (shut) => tf.mul(x, shut),
      (bend) => tf.mul(SLOPE, bend),
      (bend) => tf.add(1, bend),
    );
    return inTurn(bend, (bend) => tf.mul(open, bend), (slope) => tf.mul(dy, slope));
  },
});

/** x of any shape -> x sigmoid(1.702 x). */
export function quickGelu(x: tf.Tensor): tf.Tensor {
  return runKernel("WsvadQuickGelu", { x });
}
