import * as tf from "@tensorflow/tfjs";
import { residualClassifier } from "../../src/heads/residual_classifier.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  cropMeanOf,
  dense,
  each,
  plus,
  quickGelu,
  type Rows,
  rowsOf,
  sigmoid,
} from "../support/plain_layers.ts";

const [B, N, T, C] = [2, 2, 3, 4];

onCpu(
  "residualClassifier scores snippets behind a residual part; crops meet after the sigmoid",
  () => {
    checkSlot(
      residualClassifier,
      { expansion: 2 },
      { sizes: { C }, outputs: ["score_logits", "scores"] },
      { encoded: tf.mul(randomTensor([B, N, T, C], 9), 8) },
      (of) => {
        const layer = (x: Rows, name: string) => dense(x, of[`${name}.weight`], of[`${name}.bias`]);
        const x = rowsOf(of.encoded, C);
        const refined = layer(each(layer(x, "mlp2.c_fc"), quickGelu), "mlp2.c_proj");
        const logits = layer(plus(x, refined), "classifier").flat();
        return [...logits, ...cropMeanOf(logits.map(sigmoid), B, N)];
      },
    );
  },
);
