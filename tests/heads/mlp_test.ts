import * as tf from "@tensorflow/tfjs";
import { assertStringIncludes } from "@std/assert";
import { mlp } from "../../src/heads/mlp.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  cropMeanOf,
  dense,
  each,
  relu,
  type Rows,
  rowsOf,
  sigmoid,
} from "../support/plain_layers.ts";

const [B, N, T, C] = [2, 2, 3, 4];

onCpu("mlp scores every snippet by three dense layers, then takes the mean over the crops", () => {
  checkSlot(
    mlp,
    { hidden: [3, 2], dropout: 0 },
    { sizes: { C }, outputs: ["scores"] },
    { encoded: tf.mul(randomTensor([B, N, T, C], 9), 8) },
    (of) => {
      const layer = (x: Rows, i: number) => dense(x, of[`fc${i}.weight`], of[`fc${i}.bias`]);
      const first = each(layer(rowsOf(of.encoded, C), 1), relu); // the second is linear
      return cropMeanOf(each(layer(layer(first, 2), 3), sigmoid).flat(), B, N);
    },
    { mode: "train" },
  );
});

Deno.test("mlp wants an activation for each hidden layer", () => {
  const { error } = mlp.config.safeParse({ hidden: [3], activations: ["relu", "none"] });
  assertStringIncludes(String(error), "found 2 in activations and 1 in hidden");
});
