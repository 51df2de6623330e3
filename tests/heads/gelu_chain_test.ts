import * as tf from "@tensorflow/tfjs";
import { geluChain } from "../../src/heads/gelu_chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  cropMeanOf,
  dense,
  each,
  gelu,
  type Rows,
  rowsOf,
  sigmoid,
} from "../support/plain_layers.ts";

const [B, N, T, C] = [2, 2, 3, 4];

onCpu(
  "geluChain scores every snippet by layers with a GELU between; crops meet after the sigmoid",
  () => {
    checkSlot(
      geluChain,
      { hidden: [3, 2] },
      { sizes: { C }, outputs: ["score_logits", "scores"] },
      { encoded: tf.mul(randomTensor([B, N, T, C], 9), 8) },
      (of) => {
        const layer = (x: Rows, i: number) =>
          dense(x, of[`classifier.${i}.weight`], of[`classifier.${i}.bias`]);
        const hidden = each(layer(each(layer(rowsOf(of.encoded, C), 0), gelu), 2), gelu);
        const logits = layer(hidden, 4).flat();
        return [...logits, ...cropMeanOf(logits.map(sigmoid), B, N)];
      },
    );
  },
);
